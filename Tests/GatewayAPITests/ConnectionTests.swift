import GatewayAPI
import Jobs
import Testing

/// How connections live and end.
@Suite struct ConnectionTests {
  @Test func pipelinedRequestsAreAnsweredInOrderAndThenTheGarbage() async throws {
    try await withGateway { gateway in
      let connection = try await gateway.connect()
      try await connection.send(
        TestGateway.request("GET", "/healthz") + TestGateway.request("GET", "/nowhere")
          + [UInt8]("garbage\r\n\r\n".utf8))
      #expect(try await connection.response()?.status == 200)
      #expect(try await connection.response()?.status == 404)
      let last = try #require(try await connection.response())
      #expect((last.status, last.problem) == (400, "malformed-request"))
      #expect(try await connection.readsEnd())
    }
  }

  @Test func anErrorLeavesTheConnectionUsable() async throws {
    try await withGateway { gateway in
      let connection = try await gateway.connect()
      for _ in 0..<3 {
        try await connection.send(
          TestGateway.request(
            "POST", "/api/v1/jobs", token: "wrong",
            headers: [("Content-Type", "application/json")], body: [UInt8]("{}".utf8)))
        let response = try #require(try await connection.response())
        #expect((response.status, response["connection"]) == (401, nil))
      }
    }
  }

  @Test func closeAndUpgradeEndTheConnection() async throws {
    try await withGateway { gateway in
      for headers in [[("Connection", "Close")], [("Connection", "Upgrade"), ("Upgrade", "h2c")]] {
        let connection = try await gateway.connect()
        try await connection.send(TestGateway.request("GET", "/healthz", headers: headers))
        let response = try #require(try await connection.response())
        #expect((response.status, response["connection"]) == (200, "close"))
        #expect(try await connection.readsEnd())
      }
    }
  }

  @Test func aSilentConnectionIsClosed() async throws {
    try await withGateway({ $0.idleTimeout = .milliseconds(300) }) { gateway in
      let connection = try await gateway.connect()
      #expect(try await connection.response() == nil)
    }
  }

  @Test func slowHeadsAndBodiesGet408() async throws {
    try await withGateway({ $0.headTimeout = .milliseconds(300) }) { gateway in
      let head = try await gateway.connect()
      try await head.send(TestGateway.request("GET", "/healthz"))
      #expect(try await head.response()?.status == 200)
      try await head.send("GET /healthz HTTP/1.1\r\n")
      let response = try #require(try await head.response())
      #expect((response.status, response.problem) == (408, "request-timeout"))
      #expect(response["connection"] == "close")
      #expect(try await head.readsEnd())
    }
    try await withGateway({ $0.requestTimeout = .milliseconds(300) }) { gateway in
      let body = try await gateway.connect()
      try await body.send(
        TestGateway.request(
          "POST", "/api/v1/jobs",
          headers: [("Content-Type", "application/json"), ("Content-Length", "50")]))
      try await body.send(JobRoutesTests.job)
      let response = try #require(try await body.response())
      #expect((response.status, response.problem) == (408, "request-timeout"))
      #expect(try await body.readsEnd())
      #expect(gateway.service.accepted == 0)
    }
  }

  @Test func clientsOfHTTP10AreAnsweredAndClosed() async throws {
    try await withGateway { gateway in
      for head in ["", "Connection: keep-alive\r\n", "Host: x\r\n"] {
        let connection = try await gateway.connect()
        try await connection.send("GET /healthz HTTP/1.0\r\n\(head)\r\n")
        let response = try #require(try await connection.response())
        #expect((response.status, response["connection"]) == (200, "close"))
        #expect(try await connection.readsEnd())
      }
    }
  }

  @Test func aRequestWithoutAHostIsRefused() async throws {
    try await withGateway { gateway in
      let connection = try await gateway.connect()
      try await connection.send("GET /healthz HTTP/1.1\r\n\r\n")
      let response = try #require(try await connection.response())
      #expect((response.status, response.problem) == (400, "malformed-header"))
    }
  }

  @Test func runsOfCombiningMarksCostNothing() async throws {
    try await withGateway { gateway in
      let marks = String(repeating: "\u{301}\u{327}", count: 20_000)
      let start = ContinuousClock.now
      for headers in [
        [("Connection", marks)], [("Expect", marks)], [("Prefer", marks)],
        [("If-None-Match", marks)],
      ] {
        let response = try await gateway.send("GET", "/healthz", headers: headers)
        #expect(response.status == 431)
      }
      _ = try await gateway.send("GET", "/\(marks)?\(marks)")
      let body = try await gateway.post(#"{"target":"agent\#(marks):main","input":"x"}"#)
      #expect(body.json["reason"] == "combining_run")
      #expect(ContinuousClock.now - start < .seconds(20))
    }
  }

  @Test func randomBytesNeverEndTheProcess() async throws {
    try await withGateway { gateway in
      var random = SeededGenerator(state: 9112)
      let seeds = [
        TestGateway.request("GET", "/api/v1/jobs?limit=2"),
        TestGateway.request(
          "POST", "/api/v1/jobs",
          headers: [("Content-Type", "application/json"), ("Idempotency-Key", "\"a\"")],
          body: [UInt8](#"{"target":"skill:files.read","input":{"path":"é"}}"#.utf8)),
      ]
      for round in 0..<300 {
        var bytes = seeds[round % seeds.count]
        for _ in 0..<Int.random(in: 1...6, using: &random) {
          bytes[Int.random(in: bytes.indices, using: &random)] = .random(
            in: .min ... .max, using: &random)
        }
        let connection = try await gateway.connect()
        try await connection.send(bytes)
        connection.finish()
        #expect(try await connection.readsEnd())
      }
      #expect(try await gateway.send("GET", "/healthz").status == 200)
    }
  }
}

/// SplitMix64, so that a failing run can be had again.
private struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }
}
