import Engine
import Glibc
import Jobs

/// A file outside the database in which each execution of a step leaves a line, so that a fault
/// test can tell what really ran. Off unless `OPENCLAW_EXECUTION_LEDGER` names the file.
///
/// Lines are `<what> <job> <step> <claim>`, appended and flushed to disk one by one; several
/// processes may share the file.
public actor ExecutionLedger {
  /// What happened to an execution.
  public enum Entry: String, Sendable {
    /// The model or skill is about to be called.
    case started
    /// It has answered.
    case returned
    /// Its finish is committed.
    case committed
  }

  private let descriptor: Int32

  /// Opens or creates the file.
  ///
  /// - Returns: `nil` when it cannot be opened for appending.
  public init?(path: String) {
    descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return nil }
  }

  deinit { close(descriptor) }

  /// Notes an entry, unless the worker may not go on by the time that its turn has come.
  func record(_ entry: Entry, _ step: ClaimedStep, if mayGoOn: @Sendable () -> Bool = { true }) {
    guard mayGoOn() else { return }
    let line = [UInt8]("\(entry.rawValue) \(step.job) \(step.id) \(step.claim)\n".utf8)
    _ = write(descriptor, line, line.count)
    fsync(descriptor)
  }
}
