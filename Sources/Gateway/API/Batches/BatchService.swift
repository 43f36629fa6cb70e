public import Jobs

/// What the HTTP shell asks about batches; part of ``JobService``, with its promises.
public protocol BatchService: Sendable {
  /// Makes an open batch.
  ///
  /// - Returns: The batch, and whether an earlier request with the same idempotency key had made it.
  /// - Throws: ``ServiceError/idempotencyKeyReused`` for a key of another request.
  func createBatch(
    _ request: BatchRequest, by principal: Principal
  ) async throws(ServiceError) -> (batch: BatchRecord, isReplay: Bool)

  /// A user's batch.
  ///
  /// - Returns: `nil` for an unknown id and for another user's batch alike; so do the others.
  func batch(_ id: BatchID, of user: UserID) async throws(ServiceError) -> BatchRecord?

  /// A user's batches, the newest first; the inputs of their callbacks may be left out.
  func batches(
    of user: UserID, before: BatchID?, limit: Int
  ) async throws(ServiceError) -> [BatchRecord]

  /// Lets no job come any more.
  func closeBatch(_ id: BatchID, by principal: Principal) async throws(ServiceError) -> BatchRecord?

  /// The same, and cancels its jobs in the background.
  func cancelBatch(
    _ id: BatchID, by principal: Principal
  ) async throws(ServiceError) -> BatchRecord?

  /// Waits until the batch has ended, the time is up or the task is cancelled.
  func waitForEnd(
    of batch: BatchID, user: UserID, timeout: Duration
  ) async throws(ServiceError) -> BatchRecord?
}
