import Glibc

/// The two calls that confine file access, as a value so that a test can take them away.
///
/// Both are looked up by name: Swift imports neither the variadic `syscall` nor `renameat2`, and
/// glibc has no wrapper for openat2.
struct ConfinedCalls: Sendable {
  /// openat2(2): directory, path, flags, mode → descriptor, or `-errno`.
  let open: @Sendable (Int32, String, Int32, UInt64) -> Int32
  /// renameat2(2) with RENAME_NOREPLACE in one directory: directory, old, new → 0, or `-errno`.
  let renameWithoutReplacing: @Sendable (Int32, String, String) -> Int32

  /// The running kernel's.
  static let system = ConfinedCalls(open: systemOpen, renameWithoutReplacing: systemRename)
}

/// `struct open_how` (linux/openat2.h).
private struct OpenHow {
  let flags: UInt64
  let mode: UInt64
  let resolve: UInt64
}

/// RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS.
private let resolution: UInt64 = 0x08 | 0x04 | 0x02
/// The same number on every architecture.
private let openat2Number = 437
private let renameNoReplace: UInt32 = 1

private typealias OpenCall =
  @convention(c) (Int, Int, UnsafePointer<CChar>, UnsafeRawPointer, Int) -> Int
private typealias RenameCall =
  @convention(c) (Int32, UnsafePointer<CChar>, Int32, UnsafePointer<CChar>, UInt32) -> Int32

private func systemOpen(_ directory: Int32, _ path: String, _ flags: Int32, _ mode: UInt64) -> Int32
{
  // `syscall` takes its arguments in registers, like any function of five words.
  guard let symbol = dlsym(nil, "syscall") else { return -ENOSYS }
  let call = unsafeBitCast(symbol, to: OpenCall.self)
  var how = OpenHow(flags: UInt64(UInt32(bitPattern: flags)), mode: mode, resolve: resolution)
  let size = MemoryLayout<OpenHow>.size
  let result = withUnsafeBytes(of: &how) { how in
    how.baseAddress.map { call(openat2Number, Int(directory), path, $0, size) } ?? -1
  }
  return result < 0 ? -errno : Int32(truncatingIfNeeded: result)
}

private func systemRename(_ directory: Int32, _ old: String, _ new: String) -> Int32 {
  guard let symbol = dlsym(nil, "renameat2") else { return -ENOSYS }
  let call = unsafeBitCast(symbol, to: RenameCall.self)
  return call(directory, old, directory, new, renameNoReplace) == 0 ? 0 : -errno
}
