import Foundation
import Jobs
import Postgres
import Security
import Storage
import Testing

@testable import Engine

/// Webhooks that several hands change at once.
@Suite(.timeLimit(.minutes(1))) struct WebhookRaceTests {
  private struct NotSent: Error {}

  private func outgoing(
    _ delivery: DeliveryID, _ run: StepRun, _ bench: EngineBench
  ) async throws -> DeliveryLog.Outgoing {
    guard
      case .send(let outgoing) = try await bench.log.open(
        delivery, of: bench.principal.user, by: run.job)
    else { throw NotSent() }
    return outgoing
  }

  @Test func aWorkerThatWasStoppedForTooLongDoesNotUndoADelivery() async throws {
    try await EngineBench.with { bench in
      let hook = try await bench.webhook()
      let (id, paused) = try await bench.delivery(to: hook)
      let request = try await outgoing(id, paused, bench)
      // Its lease is over, and another worker delivers.
      _ = try await bench.pool.execute("UPDATE steps SET state = 1 WHERE state = 3")
      let second = try #require(try await bench.claimer().claim(.webhooks, limit: 1).first)
      #expect(second.id == paused.step && second.run == paused.run + 1)
      // While the other one is at it, its word does not count, either.
      try await bench.note(id, by: paused, status: 500, error: "status_500")
      try await bench.note(id, by: second.stepRun, status: 200, error: nil)
      _ = try await bench.finisher.finish(second, .finished(["outcome": "delivered"]))
      try await bench.note(
        id, by: paused, status: 410, error: "status_410", isFinal: true, gone: request)
      try await bench.log.giveUp(id, by: paused, "job_gone")
      let told = try #require(try await bench.deliveries(of: hook).first)
      #expect(told.state == .delivered && told.attempts == 1 && told.lastStatus == 200)
      #expect(told.lastError == nil)
      #expect(
        try await bench.book.find(hook.id.description, of: bench.principal.user)?.disablement
          == nil)
    }
  }

  @Test func whoeverIsGoneIsDisabledWhereItStillIs() async throws {
    try await EngineBench.with { bench in
      let hook = try await bench.webhook()
      for (url, isGone) in [("https://example.com/new", false), (nil, true)] {
        let (id, run) = try await bench.delivery(to: hook)
        let request = try await outgoing(id, run, bench)
        var change = WebhookChange()
        change.url = url
        change.name = "renamed"
        _ = try await bench.book.edit(hook.id.description, change, by: bench.principal)
        try await bench.note(
          id, by: run, status: 410, error: "status_410", isFinal: true, gone: request)
        let found = try await bench.book.find("renamed", of: bench.principal.user)
        #expect((found?.disablement == .gone) == isGone)
        #expect(try await bench.deliveries(of: hook).first?.state == .failed)
      }
      #expect(try await bench.count("audit_log WHERE action = 'webhook.disable'") == 1)
    }
  }

  @Test func whoeverDisablesAnEndpointHoldsNoStepMeanwhile() async throws {
    try await EngineBench.with { bench in
      let hook = try await bench.webhook()
      let (id, run) = try await bench.delivery(to: hook)
      let request = try await outgoing(id, run, bench)
      let noting = try await bench.pool.transaction { transaction in
        _ = try await transaction.query(
          "SELECT 1 AS n FROM webhooks WHERE id = \(hook.id.uuid) FOR UPDATE")
        let noting = Task {
          try await bench.note(
            id, by: run, status: 410, error: "status_410", isFinal: true, gone: request)
        }
        while try await bench.pool.query(SessionRaceTests.waiting).isEmpty {}
        let free = try await transaction.query(
          "SELECT 1 AS n FROM steps WHERE id = \(run.step.uuid) FOR UPDATE SKIP LOCKED")
        #expect(free.count == 1)
        _ = try await transaction.commit(after: [])
        return noting
      }
      try await noting.value
      let found = try await bench.book.find(hook.id.description, of: bench.principal.user)
      #expect(found?.disablement == .gone)
    }
  }

  @Test func changesAtOnceKeepEachOther() async throws {
    try await EngineBench.with { bench in
      let hook = try await bench.webhook()
      var disabling = WebhookChange()
      disabling.isDisabled = true
      var renaming = WebhookChange()
      renaming.name = "ops"
      let changes = [disabling, renaming]
      try await bench.whileLocked(
        "SELECT FROM webhooks WHERE id = \(hook.id.uuid) FOR UPDATE", waiting: 2
      ) {
        try await withThrowingTaskGroup(of: Void.self) { group in
          for change in changes {
            group.addTask {
              _ = try await bench.book.edit(hook.id.description, change, by: bench.principal)
            }
          }
          try await group.waitForAll()
        }
      }
      let found = try await bench.book.find("ops", of: bench.principal.user)
      #expect(found?.disablement == .byUser)
    }
  }

  @Test func aChangeBesideADeletionBringsNothingBack() async throws {
    try await EngineBench.with { bench in
      let hook = try await bench.webhook()
      try await bench.whileLocked(
        "DELETE FROM webhooks WHERE id = \(hook.id.uuid)", waiting: 1
      ) {
        var change = WebhookChange()
        change.isDisabled = true
        let edited = try await bench.book.edit(
          hook.id.description, change, by: bench.principal)
        #expect(edited == nil)
      }
      #expect(try await bench.count("webhooks") == 0)
    }
  }

  @Test func aDeletionTakesTheSecretOfARotationThatCameFirst() async throws {
    try await EngineBench.with { bench in
      let hook = try await bench.webhook()
      let row = UUID()
      let secret = try bench.content.seal(
        .string(WebhookSecret().secret), .webhookSecret, row: row)
      try await bench.whileLocked(
        """
        WITH locked AS (SELECT id FROM webhooks WHERE id = \(hook.id.uuid) FOR UPDATE)
        INSERT INTO webhook_secrets (id, webhook_id, secret, expires_at)
        SELECT \(row), id, \(secret.bytes), now() + interval '1 h' FROM locked
        """, waiting: 1
      ) {
        let isDeleted = try await bench.book.delete(hook.id.description, by: bench.principal)
        #expect(isDeleted)
      }
      #expect(try await bench.count("webhook_secrets") == 0)
    }
  }

  @Test func whoeverTakesAWebhookOverTakesWhatWaitsForIt() async throws {
    try await EngineBench.with { bench in
      let hook = try await bench.webhook()
      let (_, run) = try await bench.delivery(to: hook)
      let other = Principal(
        user: bench.principal.user, userName: bench.principal.userName, token: TokenID(),
        role: bench.principal.role)
      var change = WebhookChange()
      change.name = "ops"
      _ = try await bench.book.edit(hook.id.description, change, by: other)
      let taken: SQL = "jobs WHERE token_id = \(other.token.uuid)"
      #expect(try await bench.count("\(taken)") == 1)
      #expect(try await bench.count("\(taken) AND id = \(run.job.uuid)") == 1)
    }
  }

  @Test func whatIsNotSentAnyMoreIsNoAttempt() async throws {
    try await EngineBench.with { bench in
      let hook = try await bench.webhook()
      let (id, run) = try await bench.delivery(to: hook)
      try await bench.note(id, by: run, status: 500, error: "status_500")
      var change = WebhookChange()
      change.isDisabled = true
      _ = try await bench.book.edit(hook.id.description, change, by: bench.principal)
      guard
        case .givenUp(.dropped(let code)) = try await bench.log.open(
          id, of: bench.principal.user, by: run.job)
      else { throw NotSent() }
      #expect(try await bench.log.giveUp(id, by: run, code))
      let told = try #require(try await bench.deliveries(of: hook).first)
      #expect(told.state == .failed && told.lastError == "webhook_disabled")
      #expect(told.attempts == 1 && told.lastStatus == 500)
      await #expect(throws: WebhookBook.Refusal.disabled) {
        _ = try await bench.book.replay(id, of: hook.id.description, by: bench.principal)
      }
      let unknown = try await bench.book.replay(
        DeliveryID(), of: hook.id.description, by: bench.principal)
      #expect(unknown == nil)
    }
  }

  @Test func aDeliveryWhoseJobWasCancelledSaysSo() async throws {
    try await EngineBench.with { bench in
      let hook = try await bench.webhook()
      let (id, run) = try await bench.delivery(to: hook)
      try await bench.note(id, by: run, status: 500, error: "status_500")
      _ = try await bench.pool.execute("UPDATE steps SET state = 0 WHERE state = 3")
      _ = try await bench.canceller.cancel(run.job, by: bench.principal)
      let told = try #require(try await bench.deliveries(of: hook).first)
      #expect(told.state == .failed && told.lastError == "cancelled")
      #expect(told.lastStatus == 500)
    }
  }
}

extension EngineBench {
  /// Runs a statement in a transaction that ends once as many others wait for its locks as the body
  /// is to make wait.
  fileprivate func whileLocked(
    _ statement: SQL, waiting: Int64, _ body: @escaping @Sendable () async throws -> Void
  ) async throws {
    let others = try await pool.transaction { transaction in
      _ = try await transaction.query(statement)
      let others = Task { try await body() }
      let blocked: SQL = """
        pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock' AND state = 'active'
        """
      while try await count(blocked) < waiting { await Task.yield() }
      return others
    }
    try await others.value
  }
}
