import Glibc

/// An open file or directory; closed when it goes out of scope.
struct Descriptor: ~Copyable {
  let raw: Int32

  /// Takes over an open descriptor.
  init(owning raw: Int32) { self.raw = raw }

  deinit { _ = close(raw) }

  /// Wraps `fstat`.
  func status() throws -> FileStatus {
    var information = stat()
    guard fstat(raw, &information) == 0 else { throw SystemCallError() }
    return FileStatus(information)
  }

  /// Wraps `fstatat` without following a link.
  ///
  /// - Returns: `nil` when there is nothing of that name.
  func status(of name: String) throws -> FileStatus? {
    var information = stat()
    guard fstatat(raw, name, &information, AT_SYMLINK_NOFOLLOW) == 0 else {
      let error = SystemCallError()
      if error.code == ENOENT { return nil }
      throw error
    }
    return FileStatus(information)
  }

  /// Wraps `fsync`.
  func synchronize() throws {
    guard fsync(raw) == 0 else { throw SystemCallError() }
  }
}

/// What a directory entry is, its size, and how many names it has.
struct FileStatus: Sendable {
  /// The kinds that ``FilesList`` names; the raw value is what results show.
  enum Kind: String { case file, directory, link, other }

  let kind: Kind
  let size: Int64
  let names: UInt

  init(_ information: stat) {
    kind =
      switch information.st_mode & S_IFMT {
      case S_IFREG: .file
      case S_IFDIR: .directory
      case S_IFLNK: .link
      default: .other
      }
    size = Int64(information.st_size)
    names = UInt(information.st_nlink)
  }
}

/// A failed call of the system.
struct SystemCallError: Error {
  /// The `errno`.
  let code: Int32

  /// Takes the thread's `errno`, so make it first thing after the call.
  init() { code = errno }

  init(code: Int32) { self.code = code }
}
