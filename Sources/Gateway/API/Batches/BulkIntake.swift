import Jobs
import Logging

/// Checks and stores the items of one request, each on its own.
struct BulkIntake {
  private typealias Checked = (index: Int, request: JobRequest)

  let service: any JobService
  let logger: Logger

  /// - Parameters:
  ///   - key: Of the whole request; items without one of their own get `<key>/<index>`.
  ///   - set: The batch that all of them become part of.
  /// - Returns: What became of each.
  func accept(
    _ batch: JobBatch, key: String?, into set: BatchID? = nil, by principal: Principal
  ) async throws -> BatchAnswer {
    let catalog = try await service.catalog()
    var answer = BatchAnswer(count: batch.items.count)
    var checked: [Checked] = []
    let items = batch.items.enumerated().map { index, item in
      BatchItem(item: item, index: index, pointer: "\(batch.pointer)/\(index)", batchKey: key)
    }
    let webhooks =
      items.contains(where: \.namesWebhook) ? try await service.webhooks(of: principal.user) : []
    for (index, item) in items.enumerated() {
      // Checking a large batch must not keep others from the shared threads.
      if index % 32 == 31 { await Task.yield() }
      do {
        let job = try item.request(by: principal, catalog: catalog, webhooks: webhooks)
        checked.append((index, set.map { job.inBatch($0) } ?? job))
      } catch {
        answer.refuse(error, at: index)
      }
    }
    await store(checked, by: principal, &answer) { problem, index in
      // An item of a new batch has no `batch_id` to point to.
      let placed = set == nil ? problem : problem.without(pointer: "/batch_id")
      return placed.moved(under: items[index].pointer)
    }
    return answer
  }

  private func store(
    _ checked: [Checked], by principal: Principal, _ answer: inout BatchAnswer,
    placing: (Problem, Int) -> Problem
  ) async {
    guard !checked.isEmpty else { return }
    let outcomes = await service.acceptBatch(checked.map(\.request), by: principal)
    var logged: Set<ServiceError> = []
    for (entry, outcome) in zip(checked, outcomes) {
      switch outcome {
      case .success(let job): answer.accept(job, at: entry.index)
      case .failure(let error):
        if logged.insert(error).inserted { error.log(logger) }
        answer.refuse(placing(Problem(error), entry.index), at: entry.index)
      }
    }
  }
}

extension JobRequest {
  fileprivate func inBatch(_ batch: BatchID) -> JobRequest {
    var options = options
    options.batch = batch
    return JobRequest(
      target: target, input: input, priority: priority, idempotencyKey: idempotencyKey,
      options: options)
  }
}
