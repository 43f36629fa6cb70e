import FoundationEssentials
import Glibc
import Jobs

extension Workspace {
  /// Writes a whole file, with mode 0600, and makes the directories on the way.
  ///
  /// Readers see the old file or the new one, whole; when it returns, the new one survives a power
  /// failure. Doing it again changes nothing. A hard link is replaced, so that its other name
  /// keeps what it had.
  ///
  /// - Parameter overwrites: Whether a file that is there may be replaced. One that has exactly
  ///   these bytes counts as written, so that a repeated call succeeds.
  /// - Throws: ``StepFailure``: `bad_input` with `is_a_directory`, `not_a_directory`,
  ///   `file_exists`; `refused` with `path_outside_workspace`, `not_a_regular_file`; `transient`
  ///   with `storage_full`.
  func write(_ bytes: [UInt8], to path: WorkspacePath, overwrites: Bool) throws {
    guard let name = path.components.last else { throw StepFailure.isDirectory(path.quoted) }
    try telling(path) { root in
      let parent = try root.makeDirectories(path.components.dropLast())
      let isThere = try Self.checkPlace(parent, name, path)
      if isThere && !overwrites {
        return try Self.checkSame(bytes, parent, name, path)
      }
      do {
        try parent.replace(name, with: bytes, replaces: overwrites)
      } catch let error as SystemCallError where error.code == EEXIST && !overwrites {
        try Self.checkSame(bytes, parent, name, path)
      }
    }
  }

  /// - Returns: Whether a file is there.
  private static func checkPlace(
    _ parent: borrowing ConfinedDirectory, _ name: String, _ path: WorkspacePath
  ) throws -> Bool {
    guard let status = try parent.descriptor.status(of: name) else { return false }
    try check(status, path)
    return true
  }

  private static func checkSame(
    _ bytes: [UInt8], _ parent: borrowing ConfinedDirectory, _ name: String, _ path: WorkspacePath
  ) throws {
    let file = try parent.open(name, O_RDONLY)
    let status = try file.status()
    try check(status, path)
    if status.size == bytes.count, try file.bytes(from: 0, count: bytes.count) == bytes { return }
    throw StepFailure(
      .badInput, code: "file_exists", message: "\(path.quoted) exists and was not overwritten.")
  }
}

extension ConfinedDirectory {
  /// Writes a file of its own, then moves it into place.
  fileprivate func replace(_ name: String, with bytes: [UInt8], replaces: Bool) throws {
    let temporary = WorkspacePath.reservedPrefix + "write-" + UUID().uuidString.lowercased()
    let file = try open(temporary, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
    do {
      try file.write(bytes)
      try file.synchronize()
      try rename(temporary, to: name, replaces: replaces)
    } catch {
      // Best effort: a rest stays hidden, and the first error is the one to tell.
      _ = unlinkat(descriptor.raw, temporary, 0)
      throw error
    }
    try descriptor.synchronize()
  }
}

extension Descriptor {
  /// Wraps `write`, again and again until all is written.
  fileprivate func write(_ bytes: [UInt8]) throws {
    try bytes.withUnsafeBytes { buffer in
      var written = 0
      while written < buffer.count {
        let rest = UnsafeRawBufferPointer(rebasing: buffer[written...])
        let result = Glibc.write(raw, rest.baseAddress, rest.count)
        if result >= 0 {
          written += result
        } else if errno != EINTR {
          throw SystemCallError()
        }
      }
    }
  }
}
