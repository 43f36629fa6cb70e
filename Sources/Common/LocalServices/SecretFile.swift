public import Foundation

/// Small files that hold a secret or that a server's account has to own.
public enum SecretFile {
  /// Returns the secret in `file`, made on first use: 32 random bytes as 43 characters of base64url.
  ///
  /// - Throws: `LocalServiceError` with `dataRoot`; also when others may read the file.
  static func password(in file: URL) throws -> String {
    if let existing = try read(file) { return existing }
    var generator = SystemRandomNumberGenerator()
    let bytes = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    let text = Data(bytes).base64EncodedString()
      .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    try write(text, to: file, mode: 0o600)
    return text
  }

  /// Replaces `file` in one step, so that nobody sees half of it or follows a link through it.
  ///
  /// - Throws: `LocalServiceError` with `dataRoot`.
  public static func write(
    _ text: String, to file: URL, mode: mode_t = 0o600, owner: ServiceAccount? = nil
  ) throws {
    let draft = file.path + ".\(getpid()).new"
    unlink(draft)  // of an earlier process with this number
    let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw failure(file, errno) }
    defer { close(descriptor) }
    let bytes = Array(text.utf8)
    guard Foundation.write(descriptor, bytes, bytes.count) == bytes.count,
      owner.map({ fchown(descriptor, $0.uid, $0.gid) == 0 }) ?? true,
      fchmod(descriptor, mode) == 0, rename(draft, file.path) == 0
    else {
      let reason = errno
      unlink(draft)
      throw failure(file, reason)
    }
  }

  private static func read(_ file: URL) throws -> String? {
    var status = stat()
    guard lstat(file.path, &status) == 0 else { return nil }
    guard status.st_mode & S_IFMT == S_IFREG, status.st_mode & 0o077 == 0 else {
      throw LocalServiceError(
        .dataRoot, "\(file.path) may be read by others: chmod 600 it, or delete it if it leaked")
    }
    do {
      let text = try String(contentsOf: file, encoding: .utf8)
      return text.trimmingCharacters(in: .whitespacesAndNewlines)
    } catch {
      throw failure(file, errno)
    }
  }

  private static func failure(_ file: URL, _ reason: Int32) -> LocalServiceError {
    LocalServiceError(.dataRoot, "cannot use \(file.path): \(systemMessage(reason))")
  }
}
