import Glibc
import Jobs

/// A part of a file.
struct FilePart: Sendable {
  let bytes: [UInt8]
  /// The whole file's size in bytes.
  let size: Int
}

extension Workspace {
  /// Reads from a file.
  ///
  /// - Parameters:
  ///   - offset: In bytes; past the end gives no bytes.
  ///   - length: At most so many bytes; `nil` for all that follow.
  ///   - limit: The most bytes that one call gives.
  /// - Throws: ``StepFailure``: `bad_input` with `file_not_found`, `is_a_directory`,
  ///   `file_too_large` (more than `limit` bytes and no length); `refused` with
  ///   `path_outside_workspace`, `not_a_regular_file`, `file_has_other_names`.
  func read(_ path: WorkspacePath, offset: Int, length: Int?, limit: Int) throws -> FilePart {
    try telling(path) { root in
      let file = try root.open(path.text, O_RDONLY)
      let status = try file.status()
      try Self.check(status, path)
      try Self.checkNames(status, path)
      let size = Int(status.size)
      let rest = max(0, size - min(offset, size))
      if length == nil && rest > limit { throw Self.tooLarge(path, size: size, limit: limit) }
      let count = min(rest, length ?? rest, limit)
      return FilePart(bytes: try file.bytes(from: offset, count: count), size: size)
    }
  }

  /// A hard link may be another name of a file outside, and nothing in the kernel tells whether.
  private static func checkNames(_ status: FileStatus, _ path: WorkspacePath) throws {
    guard status.names > 1 else { return }
    throw StepFailure(
      .refused, code: "file_has_other_names",
      message: "\(path.quoted) is a hard link: it may be a file from outside the workspace.")
  }

  private static func tooLarge(_ path: WorkspacePath, size: Int, limit: Int) -> StepFailure {
    StepFailure(
      .badInput, code: "file_too_large",
      message: "\(path.quoted) has \(size) bytes; read at most \(limit) at once, with offset and "
        + "length.")
  }
}

extension Descriptor {
  /// Wraps `pread`, again and again until there are `count` bytes or the file ends.
  func bytes(from offset: Int, count: Int) throws -> [UInt8] {
    try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while filled < count {
        let rest = UnsafeMutableRawBufferPointer(
          rebasing: UnsafeMutableRawBufferPointer(buffer)[filled...])
        let result = pread(raw, rest.baseAddress, count - filled, offset + filled)
        if result == 0 { return }
        if result > 0 {
          filled += result
        } else if errno != EINTR {
          throw SystemCallError()
        }
      }
    }
  }
}
