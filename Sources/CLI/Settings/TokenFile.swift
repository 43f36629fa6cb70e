import Glibc

/// A file that holds a bearer token and that nobody else may read.
enum TokenFile {
  private static let maximumBytes = 4096

  /// Reads the token, without the white space around it.
  ///
  /// - Returns: `nil` when there is no such file.
  /// - Throws: ``CommandError`` with status `authentication` for a file that others may read or
  ///   write, that is no regular file, or that holds no token.
  static func read(_ path: String) throws -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      if errno == ENOENT { return nil }
      throw refused(path, String(cString: strerror(errno)))
    }
    defer { close(descriptor) }
    try checkOwnership(descriptor, path)
    let bytes = try readAll(from: descriptor, limit: maximumBytes)
    let words = bytes.split { $0 == 0x20 || (0x09...0x0D).contains($0) }
    guard words.count == 1, bytes.count <= maximumBytes, let token = bearer(words[0]) else {
      throw refused(path, "it does not hold one token")
    }
    return token
  }

  /// The bytes as a token, if all of them are printable ASCII.
  static func bearer(_ bytes: some Collection<UInt8>) -> String? {
    guard !bytes.isEmpty, bytes.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func checkOwnership(_ descriptor: Int32, _ path: String) throws {
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw refused(path, "it is not a regular file")
    }
    guard status.st_mode & 0o077 == 0 else {
      let mode = String(status.st_mode & 0o777, radix: 8)
      throw refused(path, "others may use it (mode 0\(mode), needed 0600)")
        .hinting("chmod 600 \(path)")
    }
    guard status.st_uid == geteuid() || status.st_uid == 0 else {
      throw refused(path, "it belongs to another user")
    }
  }

  private static func refused(_ path: String, _ reason: String) -> CommandError {
    CommandError(.authentication, type: "token_file", "token file \(path): \(reason)")
  }
}
