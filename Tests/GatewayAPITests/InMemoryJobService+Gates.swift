import Foundation
import GatewayAPI
import Jobs
import Synchronization

extension InMemoryJobService {
  func prioritize(
    _ job: JobID, _ priority: Priority, by principal: Principal
  ) async throws(ServiceError) -> CommandOutcome? {
    guard let record = try await self.job(job, of: principal.user) else { return nil }
    return record.state.isFinal ? .refused(record) : .done(record)
  }

  func reschedule(
    _ job: JobID, to start: Moment?, input: JSONValue?, by principal: Principal
  ) async throws(ServiceError) -> CommandOutcome? {
    guard let record = try await self.job(job, of: principal.user) else { return nil }
    return record.state == .scheduled ? .done(record) : .refused(record)
  }

  func tree(
    of job: JobID, user: UserID
  ) async throws(ServiceError) -> (jobs: [JobRecord], isTruncated: Bool) {
    let jobs = try await self.job(job, of: user).map { [$0] } ?? []
    return (jobs, state.withLock(\.isTruncated))
  }

  func reasons(
    of job: JobID, user: UserID
  ) async throws(ServiceError) -> (job: JobRecord, waits: [WaitReason], isTruncated: Bool)? {
    guard let record = try await self.job(job, of: user) else { return nil }
    let wait = WaitReason(
      step: StepID(), target: record.target, cause: .queue, detail: "3 steps start before it.",
      remedy: "More workers.", ahead: 3,
      estimate: WaitReason.Estimate(duration: .seconds(2), basis: "2.0 starts/s"))
    let waitsForNothing = record.state.isFinal || state.withLock(\.orphans).contains(job)
    return (record, waitsForNothing ? [] : [wait], state.withLock(\.isTruncated))
  }

  func limits() async throws(ServiceError) -> [LimitRecord] {
    try fail()
    return state.withLock { state in
      state.limits.map { LimitRecord(key: $0.key, maximum: $0.value, running: 0, held: 0) }
        .sorted { $0.key.description < $1.key.description }
    }
  }

  func limit(
    _ key: GateKey, to maximum: Int?, by principal: Principal
  ) async throws(ServiceError) -> LimitRecord? {
    let old = try await limits().first { $0.key == key }
    state.withLock { $0.limits[key] = maximum }
    return maximum.map { LimitRecord(key: key, maximum: $0, running: 0, held: 0) } ?? old
  }

  func pauses() async throws(ServiceError) -> [PauseRecord] {
    try fail()
    return state.withLock { state in
      state.pauses.values.sorted { $0.key.description < $1.key.description }
    }
  }

  func hasUser(_ user: UserID) async throws(ServiceError) -> Bool {
    user == Self.alice.user || user == Self.bob.user
  }

  func pause(
    _ key: GateKey, reason: String?, for length: PauseLength, by principal: Principal
  ) async throws(ServiceError) -> PauseRecord {
    let until: Date? =
      switch length {
      case .asBefore: state.withLock { $0.pauses[key]?.until }
      case .endless: nil
      case .lasting(let duration): Self.now + duration / .seconds(1)
      }
    let pause = PauseRecord(
      key: key, reason: reason ?? state.withLock { $0.pauses[key]?.reason } ?? "",
      owner: principal.userName, since: Self.now,
      until: until, held: 0)
    state.withLock { $0.pauses[key] = pause }
    return pause
  }

  func resume(_ key: GateKey, by principal: Principal) async throws(ServiceError) -> Bool {
    state.withLock { $0.pauses.removeValue(forKey: key) } != nil
  }
}
