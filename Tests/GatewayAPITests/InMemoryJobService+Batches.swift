import GatewayAPI
import Jobs
import Synchronization

extension InMemoryJobService {
  /// A batch as it is stored here.
  struct Batch {
    let owner: UserID
    var record: BatchRecord
  }

  func createBatch(
    _ request: BatchRequest, by principal: Principal
  ) async throws(ServiceError) -> (batch: BatchRecord, isReplay: Bool) {
    let answer: Result<(BatchRecord, Bool), ServiceError> = state.withLock { state in
      let old = state.batches.first {
        $0.owner == principal.user && request.idempotencyKey != nil
          && $0.record.request.idempotencyKey == request.idempotencyKey
      }
      if let old {
        return old.record.request == request
          ? .success((old.record, true)) : .failure(.idempotencyKeyReused)
      }
      let record = BatchRecord(
        id: BatchID(), request: request, state: .open, counts: BatchCounts(), isCancelled: false,
        callbackJob: nil, callbackOutcome: nil, createdAt: Self.now, closedAt: nil,
        finishedAt: nil)
      state.batches.append(Batch(owner: principal.user, record: record))
      return .success((record, false))
    }
    return try answer.get()
  }

  func batch(_ id: BatchID, of user: UserID) async throws(ServiceError) -> BatchRecord? {
    state.withLock { state in
      state.batches.first { $0.owner == user && $0.record.id == id }?.record
    }
  }

  func batches(
    of user: UserID, before: BatchID?, limit: Int
  ) async throws(ServiceError) -> [BatchRecord] {
    let all = state.withLock { $0.batches.filter { $0.owner == user }.map(\.record) }
    let older = all.sorted { $0.id > $1.id }.filter { record in
      before.map { record.id < $0 } ?? true
    }
    return Array(older.prefix(limit))
  }

  func closeBatch(
    _ id: BatchID, by principal: Principal
  ) async throws(ServiceError) -> BatchRecord? {
    change(id, of: principal.user) { $0.closed(isCancelled: false) }
  }

  func cancelBatch(
    _ id: BatchID, by principal: Principal
  ) async throws(ServiceError) -> BatchRecord? {
    change(id, of: principal.user) { $0.closed(isCancelled: true) }
  }

  func waitForEnd(
    of batch: BatchID, user: UserID, timeout: Duration
  ) async throws(ServiceError) -> BatchRecord? {
    if let job = state.withLock(\.batchWait) {
      _ = try await waitForEnd(of: job, user: user, timeout: timeout)
      return try await self.batch(batch, of: user)
    }
    return change(batch, of: user) { $0.finished() }
  }

  private func change(
    _ id: BatchID, of user: UserID, _ change: (BatchRecord) -> BatchRecord
  ) -> BatchRecord? {
    state.withLock { state in
      let index = state.batches.firstIndex { $0.owner == user && $0.record.id == id }
      guard let index else { return nil }
      state.batches[index].record = change(state.batches[index].record)
      return state.batches[index].record
    }
  }
}

extension BatchRecord {
  fileprivate func closed(isCancelled: Bool) -> BatchRecord {
    BatchRecord(
      id: id, request: request, state: state == .open ? .closed : state, counts: counts,
      isCancelled: self.isCancelled || isCancelled, callbackJob: nil, callbackOutcome: nil,
      createdAt: createdAt, closedAt: InMemoryJobService.now, finishedAt: finishedAt)
  }

  fileprivate func finished() -> BatchRecord {
    BatchRecord(
      id: id, request: request, state: .finished, counts: counts, isCancelled: isCancelled,
      callbackJob: JobID(), callbackOutcome: "made", createdAt: createdAt, closedAt: closedAt,
      finishedAt: InMemoryJobService.now)
  }
}
