import Glibc
import Jobs

/// A file outside the database in which each effect of a skill leaves a line. Several processes
/// may share it.
final class SkillLedger: Sendable {
  /// Where it is.
  let path: String
  private let descriptor: Int32

  struct NotWritable: Error, CustomStringConvertible {
    let description: String
  }

  private init(path: String) throws(NotWritable) {
    self.path = path
    descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw NotWritable(description: "OPENCLAW_SKILL_LEDGER: \(path) cannot be written")
    }
  }

  deinit { close(descriptor) }

  /// The file that `OPENCLAW_SKILL_LEDGER` names.
  static func ofEnvironment() throws(NotWritable) -> SkillLedger {
    guard let path = getenv("OPENCLAW_SKILL_LEDGER") else {
      throw NotWritable(description: "set OPENCLAW_SKILL_LEDGER to the file for skills' effects")
    }
    return try SkillLedger(path: String(cString: path))
  }

  /// Appends `skill <name> <job> <step> <attempt> <key>` in one write, and flushes it to disk.
  ///
  /// - Throws: ``StepFailure`` when the line is not there as a whole.
  func record(_ name: String, _ call: SkillCall) throws(StepFailure) {
    let line =
      "skill \(name) \(call.job) \(call.step) \(call.attempt) \(call.idempotencyKey)\n"
    let bytes = [UInt8](line.utf8)
    guard write(descriptor, bytes, bytes.count) == bytes.count, fsync(descriptor) == 0 else {
      throw StepFailure(.internalError, code: "ledger", message: "the ledger took no line")
    }
  }
}
