import Jobs
import Postgres
import Storage
import Testing

@testable import Engine

/// Endpoints that are slow to answer, and what others of their user get meanwhile.
@Suite(.timeLimit(.minutes(1))) struct WebhookLimitTests {
  @Test func twoDeliveriesOfAnEndpointRunAtOnceAndTheOthersFollowThem() async throws {
    try await EngineBench.with { bench in
      try await bench.gates.refresh()
      let hooks = [try await bench.webhook(), try await bench.webhook()].map(\.id)
      for _ in 0..<5 { try await bench.end(try await bench.acceptedID()) }
      _ = try await bench.webhookDuty().run()
      let claimer = bench.claimer()
      let running = try await claimer.claim(.webhooks, limit: 10)
      for hook in hooks {
        #expect(running.count { $0.webhook == hook } == 2)
        let reason = HoldReason.limit(GateKey.webhook(hook).description).description
        let held: SQL = "steps WHERE state = 2 AND held_by = \(reason)"
        #expect(try await bench.count(held) == 3)
      }
      let limit = try await bench.commands.store.limits().first { $0.key == .eachWebhook }
      #expect(limit?.maximum == 2 && limit?.running == 4 && limit?.held == 6)
      let free = try await bench.pool.query("SELECT reason FROM free_holds()")
      #expect(free.isEmpty)
      let ended = try #require(running.last)
      _ = try await bench.finisher.finish(ended, .finished(["outcome": "delivered"]))
      #expect(
        try await claimer.claim(.webhooks, limit: 10).map(\.webhook) == [ended.webhook])
      #expect(try await bench.book.delete(hooks[0].description, by: bench.principal))
      #expect(try await bench.count("limit_slots") == 2)
    }
  }

  @Test func anEndpointWhoseStepsAreHeldGetsNoMoreJobsAndOthersDo() async throws {
    try await EngineBench.with { bench in
      try await bench.gates.refresh()
      let (slow, quick) = (try await bench.webhook(), try await bench.webhook())
      try await bench.deliveries(40, to: slow)
      let (duty, claimer) = (bench.webhookDuty(), bench.claimer())
      var running = 0
      for _ in 0..<2 {
        #expect(try await duty.run())
        running += try await claimer.claim(.webhooks, limit: 32).count
      }
      #expect(running == 2)
      try await bench.deliveries(3, to: quick)
      #expect(try await !duty.run())
      let waiting: SQL = "webhook_deliveries WHERE delivery_job_id IS NULL"
      #expect(try await bench.count(waiting) == Int64(40 - 2 * DeliveryStatements.share))
      let next = try await claimer.claim(.webhooks, limit: 32)
      #expect(next.count == 2 && next.allSatisfy { $0.webhook == quick.id })
    }
  }

  @Test func deliveriesOfManyEndpointsTakeTheirTurns() async throws {
    try await EngineBench.with { bench in
      var hooks: [WebhookRecord] = []
      for _ in 0..<5 { hooks.append(try await bench.webhook()) }
      for hook in hooks { try await bench.deliveries(20, to: hook) }
      let duty = bench.webhookDuty()
      #expect(try await duty.run())
      #expect(try await bench.count("jobs") == Int64(DeliveryStatements.batch))
      #expect(try await duty.run())
      #expect(try await !duty.run())
      for hook in hooks {
        let jobs: SQL = "jobs WHERE webhook_id = \(hook.id.uuid)"
        #expect(try await bench.count(jobs) == 20)
      }
    }
  }
}

extension EngineBench {
  /// Makes so many deliveries of jobs that are not there.
  fileprivate func deliveries(_ count: Int, to webhook: WebhookRecord) async throws {
    _ = try await pool.execute(
      """
      INSERT INTO webhook_deliveries (id, webhook_id, user_id, event, job_id)
      SELECT gen_random_uuid(), \(webhook.id.uuid), \(principal.user.uuid), 'job.succeeded',
        gen_random_uuid()
      FROM generate_series(1, \(Int64(count)))
      """)
  }
}
