import Engine
import GatewayAPI
import Jobs

extension EngineJobService {
  func lanes() async throws(ServiceError) -> LaneReport {
    try await answered { try await monitor.lanes() }
  }

  func workers(for principal: Principal) async throws(ServiceError) -> [WorkerRecord] {
    try await answered {
      try await monitor.workers(viewer: principal.role.mayOperate ? nil : principal.user)
    }
  }

  func drain(
    _ worker: WorkerID, by principal: Principal
  ) async throws(ServiceError) -> WorkerRecord? {
    try await answered { try await monitor.drain(worker, by: principal) }
  }

  func pools() async throws(ServiceError) -> [PoolRecord] {
    try await answered { try await monitor.poolRecords() }
  }

  func scale(
    _ pool: Pool, to workers: Int, by principal: Principal
  ) async throws(ServiceError) -> PoolRecord? {
    let answer = try await answered { try await monitor.scale(pool, to: workers, by: principal) }
    switch answer {
    case nil: return nil
    case .notManaged: throw .poolNotManaged
    case .accepted: return try await pools().first { $0.pool == pool }
    }
  }

  func setTargetWait(
    _ wait: Duration?, of pool: Pool, by principal: Principal
  ) async throws(ServiceError) -> PoolRecord? {
    let isKnown = try await answered {
      try await monitor.setTargetWait(wait, of: pool, by: principal)
    }
    return isKnown ? try await pools().first { $0.pool == pool } : nil
  }
}
