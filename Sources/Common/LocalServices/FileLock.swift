import Foundation

/// An flock(2) on a file: held until it is let go or the process ends in whatever way.
final class FileLock: Sendable {
  private let descriptor: Int32

  private init(descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }

  /// Takes the lock, creating the file (0600) where needed; nil where somebody else holds it.
  ///
  /// - Throws: `LocalServiceError` with `dataRoot` when the file cannot be opened.
  static func take(_ file: URL) throws -> FileLock? {
    let descriptor = open(file.path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else {
      throw LocalServiceError(.dataRoot, "cannot open \(file.path): \(systemMessage(errno))")
    }
    let lock = FileLock(descriptor: descriptor)
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { return nil }
    var opened = stat()
    var present = stat()
    // Whoever held it may have deleted the file meanwhile; then this lock would exclude nobody.
    guard fstat(descriptor, &opened) == 0, lstat(file.path, &present) == 0,
      opened.st_ino == present.st_ino
    else { return nil }
    return lock
  }

  /// Waits until nobody holds the lock of any of the files.
  ///
  /// - Throws: `LocalServiceError` with `alreadyRunning` after `limit`; `CancellationError`.
  static func waitUntilFree(_ files: [URL], within limit: Duration) async throws {
    let deadline = ContinuousClock.now + limit
    for file in files where FileManager.default.fileExists(atPath: file.path) {
      while try take(file) == nil {
        guard ContinuousClock.now < deadline else {
          throw LocalServiceError(
            .alreadyRunning, "an earlier process still runs after \(limit), see \(file.path)")
        }
        try await Task.sleep(for: .milliseconds(25))
      }
    }
  }
}
