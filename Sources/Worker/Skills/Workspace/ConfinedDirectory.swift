import Glibc

/// A directory below which paths are resolved by the kernel: no link is followed and nothing above
/// it is reached, also while others rename what lies on the way.
struct ConfinedDirectory: ~Copyable {
  let descriptor: Descriptor
  private let calls: ConfinedCalls

  init(_ descriptor: consuming Descriptor, _ calls: ConfinedCalls) {
    self.descriptor = descriptor
    self.calls = calls
  }

  /// Wraps openat2(2) with RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS, RESOLVE_NO_MAGICLINKS.
  ///
  /// - Throws: ``SystemCallError``: ELOOP at a link, EXDEV at a way out, ENOSYS without openat2.
  func open(_ path: String, _ flags: Int32, mode: UInt64 = 0) throws -> Descriptor {
    // With O_DIRECTORY, O_NOFOLLOW would call a link ENOTDIR; RESOLVE_NO_SYMLINKS stops it anyway.
    let last = flags & O_DIRECTORY == 0 ? O_NOFOLLOW : 0
    let all = flags | last | O_CLOEXEC | O_NONBLOCK | O_NOCTTY
    var result = -EAGAIN
    // EAGAIN tells of a rename on the way: worth some more tries, and never for ever.
    for _ in 0..<16 where result == -EAGAIN || result == -EINTR {
      result = calls.open(descriptor.raw, path, all, mode)
    }
    guard result >= 0 else { throw SystemCallError(code: -result) }
    return Descriptor(owning: result)
  }

  /// Opens a directory beneath.
  func directory(_ path: String) throws -> ConfinedDirectory {
    ConfinedDirectory(try open(path, O_RDONLY | O_DIRECTORY), calls)
  }

  /// Opens the directory at the path and makes, with mode 0700, what is missing on the way.
  func makeDirectories(_ path: [String]) throws -> ConfinedDirectory {
    var current = try directory(".")
    for name in path { current = try current.makeDirectory(name) }
    return current
  }

  /// Moves a file within the directory.
  ///
  /// - Parameter replaces: Whether it takes the place of a file of the new name. Else EEXIST.
  func rename(_ old: String, to new: String, replaces: Bool) throws {
    if replaces {
      guard renameat(descriptor.raw, old, descriptor.raw, new) == 0 else { throw SystemCallError() }
    } else {
      let result = calls.renameWithoutReplacing(descriptor.raw, old, new)
      guard result == 0 else { throw SystemCallError(code: -result) }
    }
  }

  private func makeDirectory(_ name: String) throws -> ConfinedDirectory {
    do {
      return try directory(name)
    } catch let error as SystemCallError where error.code == ENOENT {
      // mkdirat follows no link at the last name; what is there by then is opened confined again.
      if mkdirat(descriptor.raw, name, 0o700) == 0 {
        try descriptor.synchronize()
      } else {
        let error = SystemCallError()
        guard error.code == EEXIST else { throw error }
      }
      return try directory(name)
    }
  }
}
