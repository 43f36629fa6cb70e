import GatewayAPI
import Jobs
import Synchronization
import Testing

/// Many jobs in one request.
@Suite struct JobBatchTests {
  private static let path = "/api/v1/jobs/batch"

  private func send(
    _ gateway: TestGateway, _ body: String, type: String = "application/json",
    token: String = "alice-token", headers: [(String, String)] = []
  ) async throws -> RawResponse {
    try await gateway.send(
      "POST", Self.path, token: token, headers: [("Content-Type", type)] + headers,
      body: [UInt8](body.utf8))
  }

  @Test func eachItemIsAcceptedOrRefusedOnItsOwn() async throws {
    try await withGateway { gateway in
      let response = try await send(
        gateway,
        """
        [{"target":"agent:main","input":"a"}, {"target":"agent:nobody","input":"a"},
         {"target":"skill:files.read","input":{"path":7}}, 5,
         {"target":"agent:main","input":"b","more":1},
         {"target":"agent:main","input":"c","idempotency_key":""},
         {"target":"agent:main","input":"d","priority":"low"}]
        """)
      #expect(response.status == 200)
      #expect((response.json["accepted"], response.json["rejected"]) == (2, 5))
      let items = try #require(response.json["items"]?.elements)
      #expect(items.map { $0["index"]?.int } == [0, 1, 2, 3, 4, 5, 6])
      #expect(items.map { $0["status"]?.int } == [202, 422, 422, 422, 422, 422, 202])
      #expect(items[6]["job"]?["priority"] == "low")
      let problems = items.map { $0["problem"]?["code"]?.text }
      #expect(
        problems == [
          nil, "unknown_target", "invalid_input", "invalid_body", "unknown_field", "invalid_body",
          nil,
        ])
      let pointers = items.map { $0["problem"]?["errors"]?.elements?.first?["pointer"]?.text }
      #expect(
        pointers == [
          nil, "/1/target", "/2/input/path", "/3", "/4/more", "/5/idempotency_key", nil,
        ])
      #expect(items[1]["problem"]?["type"] == "/problems/unknown-target")
      #expect(gateway.service.accepted == 2)
    }
  }

  @Test(arguments: [
    "application/x-ndjson", "application/jsonl", "application/x-ndjson; charset=utf-8",
  ])
  func linesAreItems(_ type: String) async throws {
    try await withGateway { gateway in
      let response = try await send(
        gateway,
        "\n{\"target\":\"agent:main\",\"input\":\"a\"}\r\n \n{\"target\":\n"
          + "{\"target\":\"agent:x\",\"input\":\"a\"}\n{\"target\":\"agent:main\",\"input\":\"b\"}",
        type: type)
      let items = try #require(response.json["items"]?.elements)
      #expect(items.map { $0["status"]?.int } == [202, 400, 422, 202])
      #expect(items[1]["problem"]?["code"] == "malformed_json")
      let pointers = items.map { $0["problem"]?["errors"]?.elements?.first?["pointer"]?.text }
      #expect(pointers == [nil, "/items/1/target", "/items/2/target", nil])
    }
  }

  @Test func keysComeFromTheHeaderOrTheItem() async throws {
    try await withGateway { gateway in
      let body = """
        [{"target":"agent:main","input":"a"},
         {"target":"agent:main","input":"b","idempotency_key":"own"}]
        """
      let key = [("Idempotency-Key", "k")]
      let first = try await send(gateway, body, headers: key)
      #expect(first.json["items"]?.elements?.map { $0["status"]?.int } == [202, 202])
      let again = try await send(gateway, body, headers: key)
      let items = try #require(again.json["items"]?.elements)
      #expect(items.map { $0["status"]?.int } == [200, 200])
      #expect(items.allSatisfy { $0["replayed"] == true })
      #expect((again.json["accepted"], gateway.service.accepted) == (2, 2))
      let keys = gateway.service.state.withLock(\.keys).keys.sorted()
      #expect(keys == ["k/0", "own"])
      let other = try await send(
        gateway, #"[{"target":"agent:main","input":"c"}]"#, headers: key)
      #expect(
        other.json["items"]?.elements?.first?["problem"]?["code"] == "idempotency_key_reused")
      let long = try await send(
        gateway, body, headers: [("Idempotency-Key", String(repeating: "k", count: 252))])
      #expect((long.status, long.problem) == (400, "malformed-header"))
    }
  }

  static let bad = [
    ("[]", "application/json", 422, "invalid-body"),
    ("{}", "application/json", 422, "invalid-body"),
    ("[{},", "application/json", 400, "malformed-json"),
    ("", "application/json", 400, "malformed-json"),
    (" \n\n", "application/x-ndjson", 422, "invalid-body"),
    ("[]", "text/plain", 415, "unsupported-media-type"),
    (String(repeating: "1\n", count: 1_001), "application/jsonl", 422, "batch-too-large"),
    (
      "[" + String(repeating: "1,", count: 1_000) + "1]", "application/json", 422, "batch-too-large"
    ),
    (
      "[[" + String(repeating: "1,", count: 400_000) + "1]]", "application/json", 400,
      "malformed-json"
    ),
  ]

  @Test func whatIsNoBatchIsRefusedWhole() async throws {
    try await withGateway { gateway in
      for (body, type, status, problem) in Self.bad {
        let response = try await send(gateway, body, type: type)
        #expect((response.status, response.problem) == (status, problem), "\(body.prefix(20))")
      }
      #expect(gateway.service.accepted == 0)
      let get = try await gateway.send("GET", Self.path)
      #expect((get.status, get["allow"]) == (405, "POST, OPTIONS"))
    }
  }

  @Test func aBatchMayBeLargerThanAJobAndItsItemsMayNot() async throws {
    try await withGateway { gateway in
      let large =
        #"{"target":"agent:main","input":""# + String(repeating: "x", count: 1_100_000)
        + #""}"#
      let small = #"{"target":"agent:main","input":"x"}"#
      for (body, type) in [
        ("[\(small),\(large)]", "application/json"),
        ("\(small)\n\(large)\n", "application/x-ndjson"),
      ] {
        let response = try await send(gateway, body, type: type)
        let items = try #require(response.json["items"]?.elements)
        #expect(items.map { $0["status"]?.int } == [202, 413])
      }
      let huge = try await gateway.send(
        "POST", Self.path,
        headers: [("Content-Type", "application/json"), ("Content-Length", "16777217")])
      #expect((huge.status, huge.problem) == (413, "body-too-large"))
    }
  }

  @Test func whatTheServiceRefusesIsToldPerItem() async throws {
    try await withGateway { gateway in
      gateway.service.state.withLock { $0.acceptFailure = .backlogFull(retryAfter: .seconds(7)) }
      let response = try await send(gateway, #"[{"target":"agent:main","input":"c"}]"#)
      let item = response.json["items"]?.elements?.first
      #expect((response.status, item?["status"]) == (200, 503))
      #expect(item?["problem"]?["retry_after"] == 7)
    }
  }

  @Test func rolesLimitEachItem() async throws {
    try await withGateway { gateway in
      let response = try await send(
        gateway,
        """
        [{"target":"skill:files.read","input":{"path":"a"}}, {"target":"agent:main","input":"a"}]
        """, token: "bob-token")
      #expect(response.json["items"]?.elements?.map { $0["status"]?.int } == [403, 202])
    }
  }
}
