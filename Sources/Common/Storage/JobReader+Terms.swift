import FoundationEssentials
import Jobs
import Postgres

extension JobReader {
  /// What was asked of a job, from a row of its table.
  func terms(_ row: Row) throws -> JobTerms {
    var terms = JobTerms()
    let root = JobID(try row.decode("root_id", as: UUID.self))
    terms.parent = try row.decode("parent_id", as: UUID?.self).map(JobID.init)
    terms.root = terms.parent == nil ? nil : root
    terms.runAt = try row.decode("run_at", as: Date?.self)
    terms.deadline = try row.decode("deadline_at", as: Date?.self)
    terms.deadlineAfter = try row.decode("deadline_ms", as: Int64?.self)
      .map { .milliseconds($0) }
    terms.session = try row.decode("session", as: String?.self).flatMap(SessionName.init(stored:))
    terms.batch = try row.decode("batch_id", as: UUID?.self).map(BatchID.init)
    terms.webhook = try row.decode("webhook_id", as: UUID?.self).map(WebhookID.init)
    terms.schedule = try row.decode("schedule_id", as: UUID?.self).map(ScheduleID.init)
    terms.maximumAttempts = try row.decode("max_attempts", as: Int16?.self).map(Int.init)
    terms.signal = try signal(row)
    try readTimeouts(row, into: &terms)
    try readUniqueness(row, into: &terms)
    return terms
  }

  private func readTimeouts(_ row: Row, into terms: inout JobTerms) throws {
    terms.stepTimeout = try row.decode("step_timeout_ms", as: Int32?.self)
      .map { .milliseconds($0) }
    terms.idleTimeout = try row.decode("idle_timeout_ms", as: Int32?.self)
      .map { .milliseconds($0) }
    // A new start moves the time by which it must have started along; one that had passed was none.
    let created = try row.decode("created_at", as: Date.self)
    let start = max(terms.runAt ?? created, created)
    terms.queueTimeout = try row.decode("start_by", as: Date?.self)
      .map { Duration(from: start, to: $0) }
  }

  private func readUniqueness(_ row: Row, into terms: inout JobTerms) throws {
    guard let stored = try row.decode("unique_key", as: String?.self) else { return }
    let scope = stored.split(separator: " ", maxSplits: 1).first.map(String.init)
    // After the words of the scope, of which none holds a space.
    let words = scope == Uniqueness.Scope.user.rawValue ? 1 : 2
    terms.uniqueKey = String(
      stored.split(separator: " ", maxSplits: words, omittingEmptySubsequences: false).last ?? "")
    terms.uniqueScope = scope.flatMap(Uniqueness.Scope.init(rawValue:))
    let created = try row.decode("created_at", as: Date.self)
    terms.uniquePeriod = try row.decode("unique_until", as: Date?.self)
      .map { Duration(from: created, to: $0) }
  }

  private func signal(_ row: Row) throws -> SignalWait? {
    guard let name = try row.decode("wait_for", as: String?.self).flatMap({ SignalName($0) }),
      let timeout = try row.decode("wait_for_ms", as: Int64?.self)
    else { return nil }
    return SignalWait(signal: name, timeout: .milliseconds(timeout))
  }
}

extension Duration {
  /// The time between two of the database's times, which have microseconds, to the millisecond.
  fileprivate init(from start: Date, to end: Date) {
    self = .milliseconds(Int64((end.timeIntervalSince(start) * 1_000).rounded()))
  }
}
