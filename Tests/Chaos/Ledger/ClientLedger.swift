import Executors
package import Foundation
package import Jobs

/// What a client was promised and got, in a file outside the database: each line is on disk before
/// the client goes on.
///
/// Lines are `accepted <job> <key> <ms>` for a 202, and `result <job> <state> <ms>` for a final
/// state that was read; the last field is Unix time.
package actor ClientLedger {
  /// The file cannot be opened or written.
  package struct Unusable: Error {}

  /// A 202.
  package struct Acceptance: Sendable, Hashable {
    /// Which job it named.
    package let job: JobID
    /// The idempotency key of the request.
    package let key: String

    /// For tests.
    package init(job: JobID, key: String) {
      self.job = job
      self.key = key
    }
  }

  private nonisolated let executor = ThreadExecutor(name: "client-ledger")
  private let descriptor: Int32
  /// All 202s so far.
  package private(set) var accepted: [Acceptance] = []
  /// The final states that were read.
  package private(set) var results: [JobID: String] = [:]

  /// A thread of its own, as each line waits for the disk.
  package nonisolated var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }

  /// Opens or creates the file.
  ///
  /// - Throws: ``Unusable``.
  package init(_ file: URL) throws {
    descriptor = open(file.path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw Unusable() }
  }

  deinit { close(descriptor) }

  /// Notes a 202.
  package func note(accepted job: JobID, key: String) throws {
    try append("accepted \(job) \(key)")
    accepted.append(Acceptance(job: job, key: key))
  }

  /// Notes 202s that came in one answer.
  package func note(accepted all: [Acceptance]) throws {
    guard !all.isEmpty else { return }
    try append(lines: all.map { "accepted \($0.job) \($0.key)" })
    accepted += all
  }

  /// Notes a final state that was read.
  package func note(result state: String, of job: JobID) throws {
    try append("result \(job) \(state)")
    results[job] = state
  }

  private func append(_ text: String) throws { try append(lines: [text]) }

  private func append(lines: [String]) throws {
    let now = Int(Date().timeIntervalSince1970 * 1000)
    let bytes = lines.flatMap { "\($0) \(now)\n".utf8 }
    guard write(descriptor, bytes, bytes.count) == bytes.count, fdatasync(descriptor) == 0 else {
      throw Unusable()
    }
  }
}
