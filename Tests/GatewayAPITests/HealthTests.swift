import GatewayAPI
import Jobs
import Synchronization
import Testing

/// Health, readiness, the explanations, and the way out.
@Suite struct HealthTests {
  @Test func readinessNamesWhatIsMissing() async throws {
    try await withGateway { gateway in
      #expect(try await gateway.send("GET", "/healthz", token: nil).json == ["status": "ok"])
      let ready = try await gateway.send("GET", "/readyz", token: nil)
      #expect((ready.status, ready.json["status"]) == (200, "ready"))
      gateway.service.state.withLock {
        $0.components.append(ComponentStatus(name: "broker", isReady: false, detail: "refused"))
      }
      let missing = try await gateway.send("GET", "/readyz", token: nil)
      #expect((missing.status, missing.problem) == (503, "not-ready"))
      #expect(missing.json["components"]?.elements?.last?["ready"] == false)
      #expect(missing["retry-after"] == "1")
    }
  }

  @Test func eachProblemTypeResolvesToItsExplanation() async throws {
    try await withGateway { gateway in
      for kind in ProblemKind.allCases {
        let response = try await gateway.send("GET", "/problems/\(kind.rawValue)", token: nil)
        #expect(response.status == 200)
        #expect(response["content-type"] == "text/markdown; charset=utf-8")
        #expect(response.text.hasPrefix("# \(kind.title)\n"))
        #expect(!kind.explanation.isEmpty, "\(kind)")
        #expect(kind.title != kind.code, "\(kind)")
      }
      #expect(try await gateway.send("GET", "/problems/none", token: nil).status == 404)
    }
  }

  @Test func aDrainingNodeSaysSoAndAnswersWhoWaits() async throws {
    try await withGateway({ $0.drainDelay = .seconds(3) }) { gateway in
      async let waiting = gateway.post(JobRoutesTests.job, headers: [("Prefer", "wait=60")])
      await gateway.service.someoneWaits()
      await gateway.shutDown()
      let response = try await waiting
      #expect((response.status, response.json["state"]) == (202, "queued"))
      let ready = try await gateway.send("GET", "/readyz", token: nil)
      #expect((ready.status, ready.json["draining"]) == (503, true))
      let late = try await gateway.post(JobRoutesTests.job, headers: [("Prefer", "wait=60")])
      #expect(late.status == 202)
    }
  }

  @Test func idleConnectionsDoNotHoldAShutdownUp() async throws {
    let start = ContinuousClock.now
    try await withGateway { gateway in
      let idle = try await gateway.connect()
      let halfSent = try await gateway.connect()
      try await halfSent.send("GET /healthz HTTP/1.1\r\nHost")
      try await idle.send(TestGateway.request("GET", "/healthz"))
      #expect(try await idle.response()?.status == 200)
      await gateway.shutDown()
      #expect(try await idle.readsEnd())
      #expect(try await halfSent.readsEnd())
    }
    #expect(ContinuousClock.now - start < .seconds(10))
  }
}
