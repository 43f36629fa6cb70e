import Engine
import GatewayAPI
import Jobs
import Security

extension EngineJobService {
  func createBatch(
    _ request: BatchRequest, by principal: Principal
  ) async throws(ServiceError) -> (batch: BatchRecord, isReplay: Bool) {
    let hash = request.idempotencyKey == nil ? [] : requestDigest(request.fingerprint)
    return try await answered {
      do {
        return try await batches.create(request, requestHash: hash, by: principal)
      } catch BatchKeeper.Refusal.keyReused {
        throw ServiceError.idempotencyKeyReused
      }
    }
  }

  func batch(_ id: BatchID, of user: UserID) async throws(ServiceError) -> BatchRecord? {
    try await answered { try await batches.find(id, of: user) }
  }

  func batches(
    of user: UserID, before: BatchID?, limit: Int
  ) async throws(ServiceError) -> [BatchRecord] {
    try await answered { try await batches.list(of: user, before: before, limit: limit) }
  }

  func closeBatch(
    _ id: BatchID, by principal: Principal
  ) async throws(ServiceError) -> BatchRecord? {
    try await answered { try await batches.close(id, by: principal) }
  }

  func cancelBatch(
    _ id: BatchID, by principal: Principal
  ) async throws(ServiceError) -> BatchRecord? {
    try await answered { try await batches.cancel(id, by: principal) }
  }

  func waitForEnd(
    of batch: BatchID, user: UserID, timeout: Duration
  ) async throws(ServiceError) -> BatchRecord? {
    let end = ContinuousClock.now + timeout
    while true {
      guard let record = try await self.batch(batch, of: user) else { return nil }
      guard record.state != .finished, .now < end else { return record }
      do { try await Task.sleep(for: .milliseconds(250)) } catch { return record }
    }
  }
}
