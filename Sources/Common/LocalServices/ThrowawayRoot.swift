import Foundation

/// A data root in the temporary folder that is deleted at the end, at the latest by the next one.
///
/// Beside the folder `openclaw-test-N` lies `openclaw-test-N.lock`, held by its maker for life: a
/// folder whose lock is free belongs to a run that was killed.
final class ThrowawayRoot: Sendable {
  /// The data root; does not exist yet at first.
  let url: URL
  private let lock: FileLock
  private static let prefix = "openclaw-test-"

  /// Reserves a name in `parent`.
  ///
  /// - Throws: `LocalServiceError` with `dataRoot`.
  init(in parent: URL) throws {
    let name = "\(Self.prefix)\(getpid())-\(UInt32.random(in: 0 ... .max))"
    url = parent.appending(path: name)
    guard let lock = try FileLock.take(Self.lockFile(of: url)) else {
      throw LocalServiceError(.dataRoot, "\(url.path) is in use")
    }
    self.lock = lock
  }

  /// Deletes the folder and its lock's file. Failures leave it to the next run.
  func remove() { Self.remove(url) }

  /// Deletes the folders of killed runs of this user, unless processes of theirs still end.
  static func removeStale(in parent: URL) {
    // Tidying up must never be the reason that a run fails.
    let names = (try? FileManager.default.contentsOfDirectory(atPath: parent.path)) ?? []
    for name in names where name.hasPrefix(prefix) && !name.hasSuffix(".lock") {
      let folder = parent.appending(path: name)
      var status = stat()
      guard lstat(folder.path, &status) == 0, status.st_uid == geteuid(),
        status.st_mode & S_IFMT == S_IFDIR
      else { continue }
      let root = DataRoot(existing: folder)
      let locks = [lockFile(of: folder)] + ["postgres", "rabbitmq", "epmd"].map(root.pidFile)
      let held = locks.map { try? FileLock.take($0) }  // unusable counts as held
      if held.allSatisfy({ $0 != nil }) { remove(folder) }
    }
  }

  private static func remove(_ folder: URL) {
    // What cannot be deleted now is stale for the next run.
    try? FileManager.default.removeItem(at: folder)
    unlink(lockFile(of: folder).path)
  }

  private static func lockFile(of folder: URL) -> URL {
    URL(filePath: folder.path + ".lock")
  }
}
