import Foundation
import Jobs
import Postgres
import Storage
import Testing

@testable import Engine

/// Batches: sets of jobs with an end of their own.
@Suite(.timeLimit(.minutes(1))) struct BatchTests {
  @Test func aBatchEndsWithTheLastOfItsJobsAndMakesItsCallback() async throws {
    try await EngineBench.with { bench in
      let batch = try await bench.batch(callback: "${batch.failed} of ${batch.total}")
      try await bench.add(3, to: batch)
      #expect(try await bench.found(batch).state == .open)
      #expect(
        try await bench.families.batches.close(batch, by: bench.principal)?.state == .closed)
      try await bench.end(2, .finished("ok"))
      #expect(try await bench.found(batch).state == .closed)
      try await bench.end(1, .failed(StepFailure(.badInput, code: "x", message: "")))
      let ended = try await bench.finished(batch)
      #expect(ended.counts.succeeded == 2 && ended.counts.failed == 1 && ended.counts.total == 3)
      #expect(ended.callbackOutcome == "made")
      let callback = try await bench.nextTurn()
      #expect(callback.job == ended.callbackJob)
      #expect(try callback.content.get().input == "1 of 3")
      #expect(try await bench.count("batch_ends") == 0)
    }
  }

  @Test func aCallbackComesOnlyAfterTheEndThatItWants() async throws {
    try await EngineBench.with { bench in
      let batch = try await bench.batch(callback: "x", on: .failure)
      try await bench.add(1, to: batch)
      _ = try await bench.families.batches.close(batch, by: bench.principal)
      try await bench.end(1, .finished("ok"))
      let ended = try await bench.finished(batch)
      #expect(ended.callbackOutcome == "not_wanted" && ended.callbackJob == nil)
    }
  }

  @Test func aCallbackThatItsOwnerMayNotMakeAnyMoreDoesNotCome() async throws {
    try await EngineBench.with { bench in
      let batch = try await bench.batch(callback: "x")
      _ = try await bench.identities.revokeToken(bench.principal.token)
      _ = try await bench.families.batches.close(batch, by: bench.principal)
      let ended = try await bench.finished(batch)
      #expect(ended.callbackOutcome == "not_allowed" && ended.callbackJob == nil)
    }
  }

  @Test func aClosedBatchTakesNoJobsAndAnothersNeverDoes() async throws {
    try await EngineBench.with { bench in
      let batch = try await bench.batch()
      let other = try await bench.principal(named: "other")
      await #expect(throws: AcceptError.unknownBatch) {
        try await bench.add(1, to: BatchID())
      }
      _ = try await bench.families.batches.close(batch, by: other)
      try await bench.add(1, to: batch)
      _ = try await bench.families.batches.close(batch, by: bench.principal)
      await #expect(throws: AcceptError.batchNotOpen) { try await bench.add(1, to: batch) }
      #expect(try await bench.found(batch).counts.total == 1)
      await #expect(throws: AcceptError.unknownBatch) {
        var options = JobOptions()
        options.batch = try await bench.batch()
        _ = try await bench.acceptedID(options: options, by: other)
      }
      // Whoever shares the transaction is stored all the same.
      #expect(try await bench.count("jobs") == 1)
      _ = try await bench.acceptedID()
    }
  }

  @Test func jobsAddedAtOnceAndEndedAtOnceAreAllCounted() async throws {
    try await EngineBench.with { bench in
      let batch = try await bench.batch()
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<40 { group.addTask { try await bench.add(1, to: batch) } }
        try await group.waitForAll()
      }
      _ = try await bench.families.batches.close(batch, by: bench.principal)
      try await bench.end(40, .finished("ok"))
      let ended = try await bench.finished(batch)
      #expect(ended.counts.total == 40 && ended.counts.succeeded == 40)
    }
  }

  @Test func whatADyingProcessLeftUncountedIsCountedByTheDuty() async throws {
    try await EngineBench.with { bench in
      let batch = try await bench.batch()
      try await bench.add(1, to: batch)
      // As if the process had died between the commit of the end and what follows from it.
      _ = try await bench.pool.execute(
        """
        WITH ended AS (UPDATE jobs SET state = 7, open = 0 WHERE batch_id IS NOT NULL RETURNING *)
        INSERT INTO batch_ends (job_id, batch_id, state) SELECT id, batch_id, 7 FROM ended
        """)
      _ = try await bench.pool.execute("UPDATE batches SET state = 1")
      _ = try await bench.batchDuty.run()
      let ended = try await bench.found(batch)
      #expect(ended.state == .finished && ended.counts.expired == 1)
    }
  }

  @Test func cancellingABatchCancelsItsJobsAndEndsIt() async throws {
    try await EngineBench.with { bench in
      let batch = try await bench.batch(callback: "x")
      try await bench.add(BatchDuty.stops + 10, to: batch)
      _ = try await bench.families.batches.cancel(batch, by: bench.principal)
      #expect(try await bench.batchDuty.run())
      #expect(try await bench.batchDuty.run() == false)
      let ended = try await bench.finished(batch)
      #expect(ended.isCancelled && ended.counts.cancelled == BatchDuty.stops + 10)
      #expect(ended.callbackOutcome == "made")
    }
  }

  @Test func anothersBatchIsNotWaitedFor() async throws {
    try await EngineBench.with { bench in
      var options = JobOptions()
      options.batch = try await bench.batch()
      let asked = options
      let other = try await bench.principal(named: "other")
      try await bench.pool.transaction { transaction in
        _ = try await transaction.query("SELECT 1 AS n FROM batches FOR UPDATE")
        await #expect(throws: AcceptError.unknownBatch) {
          _ = try await bench.acceptedID(options: asked, by: other)
        }
      }
    }
  }

  @Test func batchesThatCannotEndYetDoNotKeepOthersFromBeingCancelled() async throws {
    try await EngineBench.with { bench in
      for _ in 0..<16 { try await bench.add(1, to: try await bench.batch()) }
      // What runs has been told to stop, and has not.
      _ = try await bench.pool.execute("UPDATE jobs SET cancel_at = now()")
      _ = try await bench.pool.execute("UPDATE batches SET state = 1, cancel_at = now()")
      let last = try await bench.batch()
      try await bench.add(1, to: last)
      _ = try await bench.families.batches.cancel(last, by: bench.principal)
      _ = try await bench.batchDuty.run()
      #expect(try await bench.finished(last).counts.cancelled == 1)
    }
  }

  @Test func aBatchThatCannotBeEndedDoesNotKeepOthersFromTheirEnd() async throws {
    try await EngineBench.with { bench in
      var batches: [BatchID] = []
      for _ in 0..<3 { batches.append(try await bench.batch(callback: "x")) }
      _ = try await bench.pool.execute("UPDATE batches SET state = 1")
      _ = try await bench.pool.execute(
        """
        UPDATE batches SET callback_input = (
          SELECT callback_input FROM batches WHERE id = \(batches[1].uuid))
        """)
      await #expect(throws: (any Error).self) { _ = try await bench.batchDuty.run() }
      #expect(try await bench.count("batches WHERE state = 1") == 2)
      let ended = try await bench.pool.query("SELECT id FROM batches WHERE state = 2")
      #expect(try ended.map { BatchID(try $0.decode("id", as: UUID.self)) } == [batches[1]])
    }
  }

  @Test func theEndOfABatchIsToldToThoseWhoAreToldOfAll() async throws {
    try await EngineBench.with { bench in
      let all = try await bench.webhook(events: [.batchCompleted])
      let others = try await bench.webhook(events: [.jobSucceeded])
      let named = try await bench.webhook(
        events: [.batchCompleted, .jobSucceeded], coversAllJobs: false)
      let batch = try await bench.batch()
      _ = try await bench.families.batches.close(batch, by: bench.principal)
      let told = try await bench.deliveries(of: all)
      #expect(told.map(\.batch) == [batch] && told.map(\.event) == [.batchCompleted])
      #expect(try await bench.deliveries(of: others).isEmpty)
      #expect(try await bench.deliveries(of: named).isEmpty)
      let log = DeliveryLog(pool: bench.pool, content: bench.content)
      let id = try #require(told.first?.id)
      _ = try await bench.pool.execute(
        "UPDATE webhook_deliveries SET delivery_job_id = \(id.uuid)")
      let opening = try await log.open(id, of: bench.principal.user, by: JobID(id.uuid))
      guard case .send(let outgoing) = opening else {
        Issue.record("nothing to send")
        return
      }
      let body = try JSONValue(json: outgoing.body)
      #expect(body["type"] == "batch.completed" && body["data"]?["state"] == "finished")
    }
  }

  @Test func batchesThatHaveEndedLongAgoGoAndOpenOnesThatNobodyFilled() async throws {
    try await EngineBench.with { bench in
      for _ in 0..<2 {
        let ended = try await bench.batch()
        _ = try await bench.families.batches.close(ended, by: bench.principal)
      }
      let filled = try await bench.batch()
      _ = try await bench.batch()
      _ = try await bench.pool.execute(
        """
        UPDATE batches SET total = (id = \(filled.uuid))::int,
          id = (left(uuid_at(now() - interval '31 days')::text, 18) || right(id::text, 18))::uuid
        """)
      _ = try await bench.pool.execute(
        """
        UPDATE batches SET finished_at = now() - interval '31 days' WHERE id = (
          SELECT id FROM batches WHERE state = 2 LIMIT 1)
        """)
      _ = try await bench.batch()
      _ = try await RetainDuty(
        pool: bench.pool, policy: RetentionPolicy(), metrics: bench.metrics
      ).run()
      // The one with a job that is not over, and the new one.
      #expect(try await bench.count("batches WHERE state = 0") == 2)
      // The one that has ended now, however long ago it began.
      #expect(try await bench.count("batches WHERE state = 2") == 1)
    }
  }

  @Test func theSameKeyMakesOneBatch() async throws {
    try await EngineBench.with { bench in
      var request = BatchRequest()
      request.idempotencyKey = "k"
      let keeper = bench.families.batches
      let first = try await keeper.create(request, requestHash: [1], by: bench.principal)
      let second = try await keeper.create(request, requestHash: [1], by: bench.principal)
      #expect(!first.isReplay && second.isReplay && first.batch.id == second.batch.id)
      await #expect(throws: BatchKeeper.Refusal.keyReused) {
        _ = try await keeper.create(request, requestHash: [2], by: bench.principal)
      }
    }
  }
}

extension BatchTests {
  @Test func afterADayABatchesKeyIsFreeWithThoseThatItsJobsHaveOfIt() async throws {
    try await EngineBench.with { bench in
      var request = BatchRequest()
      request.idempotencyKey = "nightly"
      let keeper = bench.families.batches
      func batch() async throws -> (id: BatchID, isReplay: Bool) {
        let made = try await keeper.create(request, requestHash: [1], by: bench.principal)
        return (made.batch.id, made.isReplay)
      }
      func job(_ key: String, in batch: BatchID) async throws -> Acceptance {
        var options = JobOptions()
        options.batch = batch
        return try await bench.accept(key: key, options: options)
      }
      let first = try await batch()
      _ = try await job("nightly/0", in: first.id)
      guard case .stored(let own, _) = try await job("own", in: first.id) else {
        throw EngineBench.NotStored()
      }
      _ = try await keeper.close(first.id, by: bench.principal)
      try await bench.retain()
      #expect(try await batch() == (first.id, true))
      _ = try await bench.pool.execute(
        "UPDATE batches SET created_at = now() - interval '25 hours'")
      try await bench.retain()
      let second = try await batch()
      #expect(!second.isReplay && second.id != first.id)
      guard case .stored = try await job("nightly/0", in: second.id) else {
        Issue.record("the job of the new batch is that of the old one")
        return
      }
      // What is younger, and not made of the batch's key, is kept.
      guard case .replayed(own) = try await job("own", in: second.id) else {
        Issue.record("the job's own key is gone")
        return
      }
    }
  }
}

extension EngineBench {
  fileprivate var batchDuty: BatchDuty {
    BatchDuty(
      pool: pool, batches: families.batches,
      stopper: JobStopper(
        pool: pool, content: content, dispatcher: dispatcher, metrics: metrics),
      families: families)
  }

  fileprivate func batch(
    callback: JSONValue? = nil, on condition: CallbackCondition = .always
  ) async throws -> BatchID {
    var request = BatchRequest()
    request.condition = condition
    request.callback = callback.map {
      JobRequest(target: .agent("main"), input: $0, priority: .normal)
    }
    return try await families.batches.create(request, requestHash: [], by: principal).batch.id
  }

  fileprivate func add(_ count: Int, to batch: BatchID) async throws {
    var options = JobOptions()
    options.batch = batch
    for _ in 0..<count { _ = try await acceptedID(options: options) }
  }

  /// Ends so many jobs, whichever they are.
  fileprivate func end(_ count: Int, _ outcome: StepOutcome) async throws {
    let claimer = claimer()
    var left = count
    while left > 0 {
      for step in try await claimer.claim(.main, limit: left) {
        _ = try await finisher.finish(step, outcome)
        left -= 1
      }
    }
  }

  fileprivate func found(_ batch: BatchID) async throws -> BatchRecord {
    try #require(try await families.batches.find(batch, of: principal.user))
  }

  fileprivate func finished(_ batch: BatchID) async throws -> BatchRecord {
    while true {
      let record = try await found(batch)
      if record.state == .finished { return record }
    }
  }
}
