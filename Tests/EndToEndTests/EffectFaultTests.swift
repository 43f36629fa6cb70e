import Chaos
import Foundation
import HTTP
import Jobs
import LocalServices
import Postgres
import TestSupport
import Testing

/// Workers killed and paused around the effects of skills, with the skills' own ledger as witness.
@Suite(.serialized, .timeLimit(.minutes(5))) struct EffectFaultTests {
  private static let pool = "skill.test"

  /// Where a worker dies, how often the skill acts, and how the job ends.
  private struct Case {
    let skill: String
    let point: String
    let effects: Int
    let state: String
  }

  private static let cases = [
    Case(skill: "test.effect", point: "effect-started", effects: 0, state: "failed"),
    Case(skill: "test.effect", point: "skill-spawned", effects: 0, state: "failed"),
    Case(skill: "test.effect", point: "skill-exited", effects: 1, state: "failed"),
    Case(skill: "test.effect", point: "finish-commit", effects: 1, state: "succeeded"),
    Case(skill: "test.effect", point: "claim-commit", effects: 1, state: "succeeded"),
    Case(skill: "test.repeatable", point: "skill-exited", effects: 2, state: "succeeded"),
    Case(skill: "test.repeatable", point: "skill-spawned", effects: 1, state: "succeeded"),
  ]

  @Test func anUnsafeSkillNeverActsTwiceAndAnIdempotentOneKeepsItsKey() async throws {
    try await TestSystem.with(extraPools: [Self.pool]) { system in
      let gateway = try await system.startGateway()
      let client = Client(system)
      try await announce(system)
      var jobs: [JobID] = []
      for each in Self.cases {
        jobs.append(try await client.enqueue("skill:\(each.skill)", [:]))
        let worker = try await system.startWorker(
          Self.pool, isScripted: true, failpoints: "\(each.point):1:kill")
        #expect(await worker.exitStatus.code == 128 + SIGKILL, "\(each.point)")
      }
      let worker = try await system.startWorker(Self.pool, isScripted: true)
      for (each, id) in zip(Self.cases, jobs) {
        let job = try await end(of: id, client)
        let lines = try SkillLedger(system.skillLedger).lines(of: id)
        #expect(job["state"]?.text == each.state, "\(each.skill) at \(each.point): \(job)")
        #expect(lines.count == each.effects, "\(each.skill) at \(each.point)")
        #expect(Set(lines.map(\.key)).count <= 1)
        try await expectEffect(of: id, each.skill, state: each.state, client)
      }
      await worker.stop()
      await gateway.stop()
    }
  }

  @Test func aWorkerThatWasPausedBeforeTheCallDoesNotCallAnyMore() async throws {
    try await TestSystem.with(extraPools: [Self.pool]) { system in
      let gateway = try await system.startGateway()
      let client = Client(system)
      try await announce(system)
      let id = try await client.enqueue("skill:test.effect", [:])
      let paused = try await system.startWorker(
        Self.pool, isScripted: true, failpoints: "effect-started:1:stop")
      let job = try await end(of: id, client)
      #expect(job["error"]?["code"] == "outcome_unknown")
      paused.resumeProgram()
      // It ends what it has in hand before it stops.
      await paused.stop()
      #expect(try SkillLedger(system.skillLedger).lines.isEmpty)
      #expect(try await end(of: id, client)["state"] == "failed")
      await gateway.stop()
    }
  }

  @Test func aStepThatCrashesItsWorkerForAWhileSucceedsAfterwards() async throws {
    try await TestSystem.with(extraPools: [Self.pool]) { system in
      let gateway = try await system.startGateway()
      let client = Client(system)
      try await announce(system)
      let id = try await client.enqueue("skill:test.crash", ["times": 1])
      let victim = try await system.startWorker(Self.pool, isScripted: true)
      #expect(await victim.exitStatus.code == 128 + SIGSEGV)
      let worker = try await system.startWorker(Self.pool, isScripted: true)
      #expect(try await end(of: id, client)["state"] == "succeeded")
      await worker.stop()
      await gateway.stop()
    }
  }

  @Test func aCallWithoutProgressEndsAtItsIdleTimeoutAndOneWithItGoesOn() async throws {
    try await TestSystem.with(extraPools: [Self.pool]) { system in
      let gateway = try await system.startGateway()
      let client = Client(system)
      let worker = try await system.startWorker(Self.pool, isScripted: true)
      try await client.waitUntilReady()
      let body: (String) -> JSONValue = {
        [
          "target": .string("skill:\($0)"), "input": ["milliseconds": 4000],
          "timeouts": ["idle": "1s"],
        ]
      }
      let silent = try await enqueue(body("test.pause"), client)
      let busy = try await enqueue(body("test.progress"), client)
      #expect(try await end(of: busy, client)["state"] == "succeeded")
      // Each of its attempts ends so, and the last one is the step's end.
      let failed = try await end(of: silent, client)
      #expect(failed["state"] == "failed" && failed["error"]?["code"] == "step_idle")
      await worker.stop()
      await gateway.stop()
    }
  }

  private func enqueue(_ body: JSONValue, _ client: Client) async throws -> JobID {
    // The worker announces its skills as it starts.
    let deadline = ContinuousClock.now + .seconds(20)
    while ContinuousClock.now < deadline {
      let answer = try await client.send(.post, "/api/v1/jobs", body: body)
      if let id = answer.json["id"]?.text.flatMap(JobID.init) { return id }
      try await Task.sleep(for: .milliseconds(100))
    }
    throw Unexpected("the job is not accepted")
  }

  private func announce(_ system: TestSystem) async throws {
    let worker = try await system.startWorker(Self.pool, isScripted: true)
    let counting: SQL = "SELECT count(*) AS n FROM capabilities"
    while try await system.database.query(counting).first?.decode("n", as: Int64.self) != 6 {
      try await Task.sleep(for: .milliseconds(20))
    }
    await worker.stop()
  }

  private func end(of id: JobID, _ client: Client) async throws -> JSONValue {
    let deadline = ContinuousClock.now + .seconds(90)
    while ContinuousClock.now < deadline {
      let job = try await client.send(.get, "/api/v1/jobs/\(id)?wait=10").json
      if ["succeeded", "failed", "cancelled", "expired"].contains(job["state"]?.text) {
        return job
      }
    }
    throw Unexpected("job \(id) does not end")
  }

  private func expectEffect(
    of id: JobID, _ skill: String, state: String, _ client: Client
  ) async throws {
    let steps = try await client.send(.get, "/api/v1/jobs/\(id)/steps").json
    let step = steps["items"]?.elements?.first
    guard skill == "test.effect" else {
      #expect(step?["effect"] == .null)
      return
    }
    #expect(step?["effect"]?["state"]?.text == (state == "succeeded" ? "done" : "unknown"))
    guard state == "failed" else { return }
    #expect(step?["error"]?["code"] == "outcome_unknown" && step?["state"] == "dead")
  }
}
