import Foundation
import GatewayAPI
import Jobs
import Observability
import Synchronization

extension InMemoryJobService {
  static let now = Date(timeIntervalSince1970: 1_700_000_002)

  func acceptBatch(
    _ requests: [JobRequest], by principal: Principal
  ) async -> [Result<AcceptedJob, ServiceError>] {
    var results: [Result<AcceptedJob, ServiceError>] = []
    for request in requests {
      do throws(ServiceError) {
        results.append(.success(try await accept(request, by: principal)))
      } catch {
        results.append(.failure(error))
      }
    }
    return results
  }

  func cancel(
    _ job: JobID, wholeTree: Bool, by principal: Principal
  ) async throws(ServiceError) -> CommandOutcome? {
    guard let record = try await self.job(job, of: principal.user) else { return nil }
    switch record.state {
    case .cancelled: return .done(record)
    case .succeeded, .failed, .expired: return .refused(record)
    case .running:
      change(job) { $0.with(state: .running, cancelRequestedAt: Self.now) }
    case .scheduled, .queued, .waiting:
      change(job) {
        $0.with(state: .cancelled, finishedAt: Self.now, cancelRequestedAt: Self.now)
      }
    }
    return try await self.job(job, of: principal.user).map(CommandOutcome.done)
  }

  func retry(
    _ job: JobID, key: String?, by principal: Principal
  ) async throws(ServiceError) -> RetryOutcome? {
    guard let old = try await self.job(job, of: principal.user) else { return nil }
    guard old.state.isFinal, old.state != .succeeded else { return .refused(old) }
    let meaning = KeyedCommand.retry(job).fingerprint
    return .accepted(
      try accept(old.again(at: Self.now).keyed(key), by: principal, meaning: meaning, retryOf: job))
  }

  func events(
    of job: JobID, for principal: Principal, after sequence: Int64
  ) async throws(ServiceError) -> EventSubscription? {
    guard let record = try await self.job(job, of: principal.user) else { return nil }
    if let feed = state.withLock({ $0.feeds[job] }) { return feed.subscription(after: sequence) }
    // Without a script: one event, and then the end.
    let feed = ScriptedFeed(
      job: job, isExhausted: record.state.isFinal && sequence >= record.lastSequence)
    let subscription = feed.subscription(after: sequence)
    feed.send(JobEvent(job: job, sequence: 1, type: .queued, at: record.createdAt, content: .none))
    feed.end()
    return subscription
  }

  /// Scripts the events of a job.
  func script(_ feed: ScriptedFeed) { state.withLock { $0.feeds[feed.job] = feed } }
}
