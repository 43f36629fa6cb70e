public import Crypto
import Foundation

/// The installation's secret, from which every other key is derived.
///
/// It lives in a file of mode 0600 with one line a key, `<id>:<base64 of 32 bytes>`; the last
/// line is the newest. Whoever loses the file loses everything that was sealed with it.
public struct MasterKey: Sendable {
  /// Written into everything that the key seals, from 1.
  public let id: UInt32
  private let secret: SymmetricKey

  /// A new random key.
  public init(id: UInt32) {
    self.id = id
    secret = SymmetricKey(size: .bits256)
  }

  init(id: UInt32, secret: [UInt8]) {
    self.id = id
    self.secret = SymmetricKey(data: secret)
  }

  /// The key for one purpose: HKDF-SHA256 (RFC 5869) of the secret with the purpose as `info`.
  public func derived(for purpose: Purpose) -> SymmetricKey {
    HKDF<SHA256>.deriveKey(
      inputKeyMaterial: secret, info: Data("openclaw/\(purpose.rawValue)/1".utf8),
      outputByteCount: 32)
  }

  /// What a derived key is for.
  public enum Purpose: String, Sendable {
    /// Sealing user content.
    case sealing
    /// Hashing API tokens.
    case tokens
    /// Signing page cursors.
    case cursors
    /// Telling requests with one idempotency key apart.
    case requests
  }

  var line: String {
    "\(id):\(secret.withUnsafeBytes { Data($0) }.base64EncodedString())"
  }
}

/// Why a key file cannot be used; the text says what to do.
public struct KeyFileError: Error, CustomStringConvertible {
  /// One line for the operator; names the file, never a key.
  public let description: String
}

/// Reads and creates the file that holds the master keys.
public enum KeyFile {
  /// Reads the keys, oldest first.
  ///
  /// - Throws: ``KeyFileError`` when the file is missing, is readable by others, or is malformed.
  public static func read(_ path: String) throws(KeyFileError) -> [MasterKey] {
    var information = stat()
    guard stat(path, &information) == 0 else {
      throw KeyFileError(description: "key file \(path): \(String(cString: strerror(errno)))")
    }
    guard information.st_mode & 0o077 == 0 else {
      throw KeyFileError(
        description: "key file \(path) is readable by others: run chmod 600 \(path)")
    }
    let text: String
    do {
      text = try String(contentsOfFile: path, encoding: .utf8)
    } catch {
      throw KeyFileError(description: "key file \(path) cannot be read: \(error)")
    }
    let keys = text.split(separator: "\n").map(parse)
    guard !keys.isEmpty, !keys.contains(where: { $0 == nil }) else {
      throw KeyFileError(
        description: "key file \(path): each line must be <id>:<base64 of 32 bytes>")
    }
    return keys.compactMap(\.self)
  }

  /// Writes a new key into a file that does not exist yet.
  ///
  /// - Returns: `false` when the file exists; it is left as it is.
  /// - Throws: ``KeyFileError`` when it cannot be written.
  @discardableResult
  public static func createIfMissing(_ path: String) throws(KeyFileError) -> Bool {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      if errno == EEXIST { return false }
      throw KeyFileError(
        description: "key file \(path) cannot be made: \(String(cString: strerror(errno)))")
    }
    defer { close(descriptor) }
    let line = [UInt8]((MasterKey(id: 1).line + "\n").utf8)
    guard write(descriptor, line, line.count) == line.count, fsync(descriptor) == 0 else {
      throw KeyFileError(
        description: "key file \(path) cannot be written: \(String(cString: strerror(errno)))")
    }
    return true
  }

  private static func parse(_ line: Substring) -> MasterKey? {
    let fields = line.split(separator: ":", maxSplits: 1)
    guard fields.count == 2, let id = UInt32(fields[0]),
      let secret = Data(base64Encoded: String(fields[1])), secret.count == 32
    else { return nil }
    return MasterKey(id: id, secret: [UInt8](secret))
  }
}
