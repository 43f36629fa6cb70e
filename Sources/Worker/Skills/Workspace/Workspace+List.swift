import Glibc
import Jobs

/// One name in a directory.
struct DirectoryEntry: Sendable {
  /// Bytes that are no UTF-8 show as U+FFFD; such a name cannot be opened, and has no status.
  let name: String
  let status: FileStatus
}

/// A directory's entries, sorted by the bytes of their names.
struct DirectoryListing: Sendable {
  let entries: [DirectoryEntry]
  /// Whether there are more.
  let isTruncated: Bool
}

extension Workspace {
  /// How many names are looked at before the directory counts as too large to be sorted whole.
  private static var scanLimit: Int { 100_000 }

  /// Lists a directory, without `.`, `..` and half-written files; links are named, not followed.
  ///
  /// - Throws: ``StepFailure``: `bad_input` with `file_not_found`, `not_a_directory`; `refused`
  ///   with `path_outside_workspace`.
  func list(_ path: WorkspacePath, limit: Int) throws -> DirectoryListing {
    try telling(path) { root in
      let directory = try root.open(path.text, O_RDONLY | O_DIRECTORY)
      let names = try directory.names(limit: Self.scanLimit)
        .filter { !$0.starts(with: WorkspacePath.reservedPrefix.utf8) }
        .sorted { $0.lexicographicallyPrecedes($1) }
      let entries = try names.prefix(limit).compactMap { bytes in
        guard let name = String(validating: bytes, as: UTF8.self) else {
          // Repaired, it may be too long for the system, or the name of another file.
          return DirectoryEntry(
            name: String(decoding: bytes, as: UTF8.self), status: FileStatus(stat()))
        }
        // Gone since: left out.
        return try directory.status(of: name).map { DirectoryEntry(name: name, status: $0) }
      }
      return DirectoryListing(entries: entries, isTruncated: names.count > limit)
    }
  }
}

extension Descriptor {
  /// Wraps `fdopendir` and `readdir` on a duplicate, so that this descriptor stays its owner's.
  fileprivate func names(limit: Int) throws -> [[UInt8]] {
    let copy = fcntl(raw, F_DUPFD_CLOEXEC, 0)
    guard copy >= 0 else { throw SystemCallError() }
    guard let stream = fdopendir(copy) else {
      let error = SystemCallError()
      _ = close(copy)
      throw error
    }
    defer { closedir(stream) }
    var names: [[UInt8]] = []
    while names.count < limit {
      errno = 0
      guard let entry = readdir(stream) else {
        let error = SystemCallError()
        if error.code == 0 { break }
        throw error
      }
      let name = Self.name(of: entry)
      if !name.elementsEqual(".".utf8) && !name.elementsEqual("..".utf8) { names.append(name) }
    }
    return names
  }

  /// Reads the name in place: copying the struct would read past a short entry.
  private static func name(of entry: UnsafeMutablePointer<dirent>) -> [UInt8] {
    let offset = MemoryLayout<dirent>.offset(of: \.d_name) ?? 0
    let text = (UnsafeRawPointer(entry) + offset).assumingMemoryBound(to: UInt8.self)
    return (0..<256).prefix { text[$0] != 0 }.map { text[$0] }
  }
}
