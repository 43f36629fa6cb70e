import Glibc
import Jobs

extension SystemCallError {
  /// What the error means to the user of a file skill; `path` is the user's own, never the
  /// machine's.
  func failure(path: String) -> StepFailure {
    let quoted = WorkspacePath.quoted(path)
    switch code {
    case ELOOP, EXDEV: return WorkspacePath.outside(path)
    case ENOSYS:
      return StepFailure(
        .refused, code: "sandbox_unavailable",
        message: "This machine's kernel cannot confine file access (openat2, Linux 5.6 or later).")
    case ENOENT:
      return StepFailure(.badInput, code: "file_not_found", message: "There is no \(quoted).")
    case ENOTDIR:
      return StepFailure(
        .badInput, code: "not_a_directory", message: "\(quoted) goes through, or is, a file.")
    case EISDIR: return .isDirectory(quoted)
    case ENXIO, ENODEV: return .notRegular(quoted)
    case ENAMETOOLONG, EINVAL:
      return StepFailure(
        .badInput, code: "invalid_path", message: "The path \(quoted) cannot be used.")
    case EACCES, EPERM, EROFS:
      return StepFailure(
        .refused, code: "access_denied", message: "\(quoted) may not be accessed.")
    case ENOSPC, EDQUOT:
      return StepFailure(.transient, code: "storage_full", message: "The storage is full.")
    default:
      return StepFailure(
        .transient, code: "storage_error",
        message: "The storage did not answer as it should (error \(code)).")
    }
  }
}

extension StepFailure {
  /// For a path that names a directory where a file is needed.
  static func isDirectory(_ quoted: String) -> StepFailure {
    StepFailure(.badInput, code: "is_a_directory", message: "\(quoted) is a directory.")
  }

  /// For a pipe, a device, a socket.
  static func notRegular(_ quoted: String) -> StepFailure {
    StepFailure(
      .refused, code: "not_a_regular_file",
      message: "\(quoted) is neither a file nor a directory.")
  }
}
