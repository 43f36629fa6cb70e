import GatewayAPI
import Jobs
import Synchronization

extension InMemoryJobService {
  /// Jobs that run wait for nothing, so what is sent to them is kept.
  func signal(
    _ name: SignalName, to job: JobID, payload: JSONValue, by principal: Principal
  ) async throws(ServiceError) -> SignalOutcome? {
    guard let record = try await self.job(job, of: principal.user) else { return nil }
    if record.state.isFinal { return .over(record.state) }
    return state.withLock { state in
      let kept = state.signals[job, default: []]
      guard kept.count < 100 else { return .tooMany }
      state.signals[job] = kept + [SignalStatus.Kept(signal: name, sentAt: Self.now)]
      return .kept
    }
  }

  func signals(of job: JobID, user: UserID) async throws(ServiceError) -> SignalStatus? {
    guard try await self.job(job, of: user) != nil else { return nil }
    let wait = SignalName("approved").map {
      SignalStatus.Wait(step: StepID(), signal: $0, until: Self.now)
    }
    return SignalStatus(
      waits: wait.map { [$0] } ?? [], kept: state.withLock { $0.signals[job, default: []] })
  }
}
