import GatewayAPI
import Jobs
import Testing

/// Requests that no decent client sends, byte by byte.
@Suite struct HTTPShapeTests {
  @Test(arguments: [
    "hello\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/1.1\r\nBad Header: x\r\n\r\n",
    "GET / HTTP/1.1\r\n: x\r\n\r\n", "BREW /coffee HTTP/1.1\r\nHost: x\r\n\r\n",
    "POST /api/v1/jobs HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    "POST /api/v1/jobs HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n",
    "POST /api/v1/jobs HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
    "POST /api/v1/jobs HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "\u{0}\u{1}\u{2}", "\u{16}\u{3}\u{1}\u{2}",
  ])
  func whatIsNotHTTPGetsAProblemAndIsClosed(_ bytes: String) async throws {
    try await withGateway { gateway in
      let connection = try await gateway.connect()
      try await connection.send(bytes)
      let response = try #require(try await connection.response())
      #expect((response.status, response.problem) == (400, "malformed-request"))
      #expect(response["content-type"] == "application/problem+json")
      #expect(response["connection"] == "close")
      #expect(response["x-request-id"] == response.json["request_id"]?.text)
      #expect(try await connection.readsEnd())
      #expect(try await gateway.send("GET", "/healthz").status == 200)
    }
  }

  @Test func otherVersionsOfHTTPGet505() async throws {
    try await withGateway { gateway in
      for line in ["GET / HTTP/2.0\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"] {
        let connection = try await gateway.connect()
        try await connection.send(line)
        let response = try #require(try await connection.response())
        #expect([400, 505].contains(response.status), "\(line)")
        #expect(try await connection.readsEnd())
      }
    }
  }

  @Test func brokenChunksInABodyGetAProblem() async throws {
    try await withGateway { gateway in
      let connection = try await gateway.connect()
      try await connection.send(
        TestGateway.request(
          "POST", "/api/v1/jobs",
          headers: [("Content-Type", "application/json"), ("Transfer-Encoding", "chunked")]))
      try await connection.send("5\r\n{\"a\":\r\nzz\r\n")
      let response = try #require(try await connection.response())
      #expect((response.status, response.problem) == (400, "malformed-request"))
      #expect(try await connection.readsEnd())
      #expect(gateway.service.accepted == 0)
    }
  }

  @Test func aBodyThatEndsEarlyIsNeverAccepted() async throws {
    try await withGateway { gateway in
      for framing in ["Content-Length: 100\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n23\r\n"] {
        let connection = try await gateway.connect()
        try await connection.send(
          "POST /api/v1/jobs HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer alice-token\r\n"
            + "Content-Type: application/json\r\n\(framing)\(JobRoutesTests.job)")
        connection.finish()
        #expect(try await connection.response()?.status == 400)
      }
      #expect(gateway.service.accepted == 0)
    }
  }

  @Test func aBodyAnnouncedTooLargeIsRefusedUnread() async throws {
    try await withGateway { gateway in
      let connection = try await gateway.connect()
      try await connection.send(
        TestGateway.request(
          "POST", "/api/v1/jobs",
          headers: [
            ("Content-Type", "application/json"), ("Content-Length", "1048577"),
            ("Expect", "100-continue"),
          ]))
      let response = try #require(try await connection.response())
      #expect((response.status, response.problem) == (413, "body-too-large"))
      #expect(response["connection"] == "close")
    }
  }

  @Test func aStreamedBodyIsRefusedOnceItIsTooLarge() async throws {
    try await withGateway { gateway in
      let connection = try await gateway.connect()
      try await connection.send(
        TestGateway.request(
          "POST", "/api/v1/jobs",
          headers: [("Content-Type", "application/json"), ("Transfer-Encoding", "chunked")]))
      let chunk = [UInt8]("10000\r\n".utf8) + [UInt8](repeating: 0x20, count: 65_536) + [13, 10]
      for _ in 0..<17 { try await connection.send(chunk) }
      // The body has not ended, and the answer is here.
      let response = try #require(try await connection.response())
      #expect((response.status, response.problem) == (413, "body-too-large"))
      #expect(try await connection.readsEnd())
    }
  }

  @Test func aBodyOfTheLimitIsTaken() async throws {
    try await withGateway { gateway in
      let frame = #"{"target":"agent:main","input":""}"#.utf8.count
      let text = String(repeating: "x", count: 1_048_576 - frame)
      let response = try await gateway.post(#"{"target":"agent:main","input":""# + text + #""}"#)
      #expect(response.status == 202)
    }
  }

  @Test func bodiesThatWaitAreAskedFor() async throws {
    try await withGateway { gateway in
      let connection = try await gateway.connect()
      let body = [UInt8](JobRoutesTests.job.utf8)
      try await connection.send(
        TestGateway.request(
          "POST", "/api/v1/jobs",
          headers: [
            ("Content-Type", "application/json"), ("Content-Length", "\(body.count)"),
            ("Expect", "100-continue"),
          ]))
      #expect(try await connection.response()?.status == 100)
      try await connection.send(body)
      #expect(try await connection.response()?.status == 202)
      let other = try await gateway.send("GET", "/healthz", headers: [("Expect", "magic")])
      #expect((other.status, other.problem) == (417, "expectation-failed"))
    }
  }

  @Test func urlsAndHeadersAreBounded() async throws {
    try await withGateway { gateway in
      let long = try await gateway.send("GET", "/" + String(repeating: "a", count: 8_192))
      #expect((long.status, long.problem) == (414, "uri-too-long"))
      let longer = try await gateway.send("GET", "/" + String(repeating: "a", count: 200_000))
      #expect((longer.status, longer.problem) == (431, "headers-too-large"))
      let many = try await gateway.send(
        "GET", "/healthz", headers: (0..<101).map { ("X-\($0)", "1") })
      #expect((many.status, many.problem) == (431, "headers-too-large"))
      for size in [16_384, 200_000] {
        let large = try await gateway.send(
          "GET", "/healthz", headers: [("X-Large", String(repeating: "a", count: size))])
        #expect((large.status, large.problem) == (431, "headers-too-large"))
      }
    }
  }

  @Test func unknownRoutesAndMethodsAreTold() async throws {
    try await withGateway { gateway in
      for path in ["/", "/nowhere", "/api/v1", "/api/v1/jobs/", "//api/v1/jobs", "/API/v1/jobs"] {
        let response = try await gateway.send("GET", path)
        #expect((response.status, response.problem) == (404, "route-not-found"), "\(path)")
      }
      for method in ["PUT", "PATCH", "DELETE", "TRACE", "PURGE"] {
        let response = try await gateway.send(method, "/api/v1/jobs")
        #expect((response.status, response.problem) == (405, "method-not-allowed"), "\(method)")
        #expect(response["allow"] == "POST, GET, HEAD, OPTIONS")
      }
      let options = try await gateway.send("OPTIONS", "/api/v1/jobs/\(JobID())", token: nil)
      #expect((options.status, options["allow"]) == (204, "GET, PATCH, HEAD, OPTIONS"))
      let all = try await gateway.send("OPTIONS", "*", token: nil)
      #expect(all.status == 204)
    }
  }

  @Test(arguments: [
    ("GET", "/ws"),
    ("POST", "/v1/chat/completions"),
  ])
  func routesOfLaterVersionsAreTold(_ method: String, _ path: String) async throws {
    try await withGateway { gateway in
      let response = try await gateway.send(method, path)
      #expect((response.status, response.json["code"]) == (404, "not_supported_yet"))
    }
  }

  @Test func headAnswersWithoutABody() async throws {
    try await withGateway { gateway in
      let connection = try await gateway.connect()
      for (target, status) in [("/healthz", 200), ("/nowhere", 404), ("/api/v1/jobs?x=1", 400)] {
        try await connection.send(TestGateway.request("HEAD", target))
        let head = try #require(try await connection.response(isHead: true))
        #expect(head.status == status)
        #expect(head["content-length"] != "0")
      }
      try await connection.send(TestGateway.request("GET", "/healthz"))
      #expect(try await connection.response()?.text == #"{"status":"ok"}"#)
    }
  }

  @Test func requestIdsAreKeptWhenTheyAreSane() async throws {
    try await withGateway { gateway in
      let kept = try await gateway.send("GET", "/healthz", headers: [("X-Request-Id", "a.B-1_")])
      #expect(kept["x-request-id"] == "a.B-1_")
      for bad in ["", "a b", "<x>", String(repeating: "a", count: 129)] {
        let made = try await gateway.send("GET", "/healthz", headers: [("X-Request-Id", bad)])
        #expect(made["x-request-id"]?.utf8.count ?? 0 >= 16)
      }
    }
  }
}
