import Foundation
import Jobs
import Postgres
import Storage
import TestSupport
import Testing

@testable import Engine

/// Webhooks over a real database.
@Suite(.timeLimit(.minutes(1))) struct WebhookTests {
  @Test func theTransactionThatEndsAJobMakesItsDelivery() async throws {
    try await EngineBench.with { bench in
      let hook = try await bench.webhook()
      let job = try await bench.acceptedID()
      #expect(try await bench.count("webhook_deliveries") == 0)
      try await bench.end(job)
      let told = try await bench.deliveries(of: hook)
      #expect(told.map(\.job) == [job] && told.map(\.event) == [.jobSucceeded])
      #expect(told.first?.state == .pending && told.first?.attempts == 0)
      let rows = try await bench.pool.query(
        """
        SELECT jobs.finished_at = delivery.created_at AS is_same FROM webhook_deliveries AS delivery
        JOIN jobs ON jobs.id = delivery.job_id
        """)
      #expect(try rows.first?.decode("is_same", as: Bool.self) == true)
    }
  }

  @Test func everyEndHasItsEventAndOthersAreNotTold() async throws {
    try await EngineBench.with { bench in
      let all = try await bench.webhook()
      let some = try await bench.webhook(events: [.jobCancelled])
      let off = try await bench.webhook(isDisabled: true)
      let stranger = try await bench.principal(named: "stranger")
      let theirs = try await bench.webhook(by: stranger)
      try await bench.end(
        try await bench.acceptedID(), .failed(StepFailure(.badInput, code: "x", message: "")))
      _ = try await bench.canceller.cancel(try await bench.acceptedID(), by: bench.principal)
      #expect(try await bench.deliveries(of: all).map(\.event) == [.jobCancelled, .jobFailed])
      #expect(try await bench.deliveries(of: some).map(\.event) == [.jobCancelled])
      #expect(try await bench.deliveries(of: off).isEmpty)
      #expect(try await bench.deliveries(of: theirs, by: stranger).isEmpty)
    }
  }

  @Test func aWebhookThatIsNotToldOfAllIsToldOfJobsThatNameIt() async throws {
    try await EngineBench.with { bench in
      let named = try await bench.webhook(coversAllJobs: false)
      let all = try await bench.webhook()
      try await bench.end(try await bench.acceptedID())
      var options = JobOptions()
      options.webhook = named.id
      let job = try await bench.acceptedID(options: options)
      try await bench.end(job)
      options.webhook = all.id
      let other = try await bench.acceptedID(options: options)
      try await bench.end(other)
      #expect(try await bench.deliveries(of: named).map(\.job) == [job])
      // Named by one of them, and told of it once.
      #expect(try await bench.deliveries(of: all).count == 3)
      #expect(try await bench.reader.job(job, of: bench.principal.user)?.terms.webhook == named.id)
    }
  }

  @Test func childrenAndDeliveriesTellNobody() async throws {
    try await EngineBench.with { bench in
      let hook = try await bench.webhook()
      let (parent, child) = try await bench.delegated()
      let step = try #require(try await bench.claimer().claim(.coder, limit: 1).first)
      _ = try await bench.finisher.finish(step, .finished(["text": "two files"]))
      let next = try await bench.nextTurn()
      _ = try await bench.finisher.finish(next, .finished(["text": "done"]))
      #expect(try await bench.ended(child).state == .succeeded)
      #expect(try await bench.deliveries(of: hook).map(\.job) == [parent])
      _ = try await bench.webhookDuty().run()
      let delivery = try #require(try await bench.claimer().claim(.webhooks, limit: 1).first)
      _ = try await bench.finisher.finish(delivery, .finished(["outcome": "delivered"]))
      #expect(try await bench.count("jobs WHERE state = 4") == 3)
      #expect(try await bench.count("webhook_deliveries") == 1)
    }
  }

  @Test func aDeliveryGetsOneJobHoweverManyNodesThereAre() async throws {
    try await EngineBench.with { bench in
      _ = try await bench.webhook()
      for _ in 0..<10 { try await bench.end(try await bench.acceptedID()) }
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<6 { group.addTask { _ = try await bench.webhookDuty().run() } }
        try await group.waitForAll()
      }
      #expect(try await bench.count("jobs WHERE target = 'skill:webhooks.deliver'") == 10)
      #expect(
        try await bench.count(
          """
          webhook_deliveries AS delivery JOIN jobs ON jobs.id = delivery.delivery_job_id
          WHERE jobs.grants = 'skill:webhooks.deliver' AND jobs.priority = 2
          """) == 10)
    }
  }

  @Test func aViewersDeliveryMayRunAndAStrangersStepGetsNothing() async throws {
    try await EngineBench.with { bench in
      let hook = try await bench.webhook()
      let job = try await bench.acceptedID()
      try await bench.end(job)
      _ = try await bench.pool.execute("UPDATE users SET role = 'viewer'")
      _ = try await bench.webhookDuty().run()
      let step = try #require(try await bench.claimer().claim(.webhooks, limit: 1).first)
      #expect(step.rights.allows(.webhookDelivery))
      #expect(!step.rights.allows(.skill("files.read")))
      let id = try #require(try await bench.deliveries(of: hook).first?.id)
      guard case .send(let outgoing) = try await bench.log.open(id, of: step.user, by: step.job)
      else { throw NotSent() }
      #expect(outgoing.url == "https://example.com/hook" && outgoing.secrets.count == 1)
      let body = try JSONValue(json: outgoing.body)
      #expect(body["type"] == "job.succeeded" && body["data"]?["id"]?.text == job.description)
      #expect(body["data"]?["input"] == nil && body["data"]?["result"]?["text"] == "done")
      guard
        case .givenUp(.failed(let failure)) = try await bench.log.open(
          id, of: UserID(), by: step.job)
      else { throw NotSent() }
      #expect(failure.code == "delivery_unknown" && failure.isPermanent)
    }
  }

  private struct NotSent: Error {}

  @Test func attemptsAreNotedAndAReplayTakesTheDeliveryOver() async throws {
    try await EngineBench.with { bench in
      let hook = try await bench.webhook()
      try await bench.end(try await bench.acceptedID())
      _ = try await bench.webhookDuty().run()
      let told = try #require(try await bench.deliveries(of: hook).first)
      let first = try await bench.delivering()
      try await bench.note(told.id, by: first, status: 500, error: "status_500")
      let failing = try #require(try await bench.deliveries(of: hook).first)
      #expect((failing.state, failing.attempts, failing.lastStatus) == (.pending, 1, 500))
      _ = try await bench.book.replay(told.id, of: hook.id.description, by: bench.principal)
      guard
        case .over(.superseded) = try await bench.log.open(
          told.id, of: bench.principal.user, by: first.job)
      else { throw NotSent() }
      _ = try await bench.webhookDuty().run()
      let second = try await bench.delivering()
      #expect(second.job != first.job)
      // The first job's word does not count any more.
      try await bench.note(told.id, by: first, status: nil, error: "connect_failed", isFinal: true)
      try await bench.note(told.id, by: second, status: 200, error: nil)
      let done = try #require(try await bench.deliveries(of: hook).first)
      #expect(done.id == told.id && done.state == .delivered && done.attempts == 2)
      #expect(done.lastError == nil)
    }
  }

  @Test func aDeadDeliveryHasFailedAndARedriveTakesItOver() async throws {
    try await EngineBench.with { bench in
      let hook = try await bench.webhook()
      try await bench.end(try await bench.acceptedID())
      _ = try await bench.webhookDuty().run()
      let step = try #require(try await bench.claimer().claim(.webhooks, limit: 1).first)
      _ = try await bench.finisher.finish(
        step, .failed(StepFailure(.crashed, code: "worker_crashed", message: "")))
      let told = try #require(try await bench.deliveries(of: hook).first)
      #expect(told.state == .failed && told.deliveryJob == step.job)
      #expect(told.lastError == "worker_crashed")
      let redrive = try await bench.deadLetters().redrive(
        bench.deadFilter("skill.webhooks"), by: bench.principal)
      #expect(redrive.redriven.count == 1)
      let again = try #require(try await bench.claimer().claim(.webhooks, limit: 1).first)
      #expect(again.rights.allows(.webhookDelivery))
      guard
        case .send = try await bench.log.open(told.id, of: bench.principal.user, by: again.job)
      else { throw NotSent() }
      try await bench.note(told.id, by: again.stepRun, status: 200, error: nil)
      let done = try #require(try await bench.deliveries(of: hook).first)
      #expect(done.state == .delivered && done.deliveryJob == again.job)
    }
  }

  @Test func aRevokedTokenDisablesItsWebhooks() async throws {
    try await EngineBench.with { bench in
      let hook = try await bench.webhook()
      try await bench.end(try await bench.acceptedID())
      _ = try await bench.pool.execute("UPDATE tokens SET revoked_at = now()")
      _ = try await bench.webhookDuty().run()
      #expect(try await bench.count("jobs") == 1)
      let found = try await bench.book.find(hook.id.description, of: bench.principal.user)
      #expect(found?.disablement == .revoked)
      let told = try #require(try await bench.deliveries(of: hook).first)
      #expect(told.state == .failed && told.lastError == "revoked")
      #expect(
        try await bench.count(
          "audit_log WHERE action = 'webhook.disable' AND detail->>'reason' = 'revoked'") == 1)
    }
  }

  @Test func whatWasToGoToADeletedWebhookIsGivenUp() async throws {
    try await EngineBench.with { bench in
      let hook = try await bench.webhook()
      try await bench.end(try await bench.acceptedID())
      #expect(try await bench.book.delete(hook.id.description, by: bench.principal))
      _ = try await bench.webhookDuty().run()
      #expect(
        try await bench.count("webhook_deliveries WHERE last_error = 'webhook_deleted'") == 1)
      #expect(try await bench.count("webhook_secrets") == 0)
      #expect(try await bench.count("jobs") == 1)
    }
  }
}

extension EngineBench {
  var book: WebhookBook { WebhookBook(pool: pool, content: content) }

  var log: DeliveryLog { DeliveryLog(pool: pool, content: content) }

  func webhookDuty() -> WebhookDuty {
    WebhookDuty(pool: pool, content: content, dispatcher: dispatcher, metrics: metrics)
  }

  func webhook(
    events: Set<WebhookEvent> = Set(WebhookEvent.allCases), coversAllJobs: Bool = true,
    isDisabled: Bool = false, by owner: Principal? = nil
  ) async throws -> WebhookRecord {
    let request = WebhookRequest(
      url: "https://example.com/hook", events: events, coversAllJobs: coversAllJobs,
      isDisabled: isDisabled)
    return try await book.create(request, by: owner ?? principal).webhook
  }

  func deliveries(
    of webhook: WebhookRecord, by owner: Principal? = nil
  ) async throws -> [DeliveryRecord] {
    try await book.deliveries(
      of: webhook.id.description, user: (owner ?? principal).user, limit: 50, before: nil) ?? []
  }

  /// Ends a job that is the next of its lane.
  func end(_ job: JobID, _ outcome: StepOutcome = .finished(["text": "done"])) async throws {
    let step = try await claimer().claim(.main, limit: 1).first
    guard let step, step.job == job else { throw NotStored() }
    _ = try await finisher.finish(step, outcome)
  }

  func note(
    _ delivery: DeliveryID, by run: StepRun, status: Int?, error: String?, isFinal: Bool = false,
    gone: DeliveryLog.Outgoing? = nil
  ) async throws {
    try await log.note(
      delivery, by: run, began: Date(), status: status, error: error, isFinal: isFinal,
      gone: gone)
  }

  /// Begins the next delivery that waits.
  func delivering() async throws -> StepRun {
    guard let step = try await claimer().claim(.webhooks, limit: 1).first else { throw NotStored() }
    return step.stepRun
  }

  /// A delivery of a new job's end, begun.
  func delivery(to webhook: WebhookRecord) async throws -> (id: DeliveryID, run: StepRun) {
    try await end(try await acceptedID())
    _ = try await webhookDuty().run()
    let run = try await delivering()
    guard let told = try await deliveries(of: webhook).first else { throw NotStored() }
    return (told.id, run)
  }
}

extension ClaimedStep {
  var stepRun: StepRun { StepRun(job: job, step: id, run: run) }
}

extension Lane {
  static let webhooks = Lane(pool: Target.webhookDelivery.pool, priority: .normal)
}
