import Engine
import GatewayAPI
import Jobs

extension EngineJobService {
  func signal(
    _ name: SignalName, to job: JobID, payload: JSONValue, by principal: Principal
  ) async throws(ServiceError) -> SignalOutcome? {
    let answer = try await answered {
      try await signals.send(name, to: job, payload: payload, by: principal)
    }
    return switch answer {
    case nil: nil
    case .taken: .taken
    case .kept: .kept
    case .over(let state): .over(state)
    case .tooMany: .tooMany
    }
  }

  func signals(of job: JobID, user: UserID) async throws(ServiceError) -> SignalStatus? {
    try await answered { try await signals.status(of: job, user: user) }
  }
}
