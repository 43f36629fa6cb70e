import Jobs
import Testing

/// Each bad input has its own 4xx problem, nothing is accepted, and the process goes on.
@Suite struct BadInputTests {
  struct BadBody: Sendable, CustomTestStringConvertible {
    let name: String
    let body: [UInt8]
    let status: Int
    let problem: String
    let pointer: String?

    init(_ name: String, _ body: String, _ status: Int, _ problem: String, _ pointer: String?) {
      self.init(name, [UInt8](body.utf8), status, problem, pointer)
    }

    init(_ name: String, _ body: [UInt8], _ status: Int, _ problem: String, _ pointer: String?) {
      self.name = name
      self.body = body
      self.status = status
      self.problem = problem
      self.pointer = pointer
    }

    var testDescription: String { name }
  }

  static let bodies =
    [
      BadBody("empty", "", 400, "malformed-json", ""),
      BadBody("cut", #"{"target":"agent:main","#, 400, "malformed-json", ""),
      BadBody(
        "nested 100,000 deep", String(repeating: "[", count: 100_000), 400, "malformed-json", nil),
      BadBody(
        "invalid UTF-8", [UInt8](#"{"target":""#.utf8) + [0xFF] + [UInt8](#""}"#.utf8), 400,
        "malformed-json", "/target"),
      BadBody("NUL", #"{"input":"\u0000"}"#, 400, "malformed-json", "/input"),
      BadBody("raw NUL", "{\"input\":\"\u{0}\"}", 400, "malformed-json", "/input"),
      BadBody("lone surrogate", #"{"input":"\uD83D"}"#, 400, "malformed-json", "/input"),
      BadBody("1e999", #"{"input":{"a":[1,1e999]}}"#, 400, "malformed-json", "/input/a/1"),
      BadBody("too large", #"{"input":92233720368547758080}"#, 400, "malformed-json", "/input"),
      BadBody("duplicate key", #"{"input":1,"input":2}"#, 400, "malformed-json", "/input"),
      BadBody("no object", "[]", 422, "invalid-body", ""),
      BadBody("no target", #"{"input":"x"}"#, 422, "invalid-body", "/target"),
      BadBody("no input", #"{"target":"agent:main"}"#, 422, "invalid-body", "/input"),
      BadBody(
        "no input for a skill that needs one", #"{"target":"skill:files.read"}"#, 422,
        "invalid-body", "/input"),
      BadBody(
        "null for a skill that needs nothing", #"{"target":"skill:system.clock","input":null}"#,
        422, "invalid-input", "/input"),
      BadBody("target no string", #"{"target":1,"input":"x"}"#, 422, "invalid-body", "/target"),
      BadBody(
        "target malformed", #"{"target":"agent:Main!","input":"x"}"#, 422, "invalid-body",
        "/target"),
      BadBody(
        "unknown target", #"{"target":"agent:nobody","input":"x"}"#, 422, "unknown-target",
        "/target"),
      BadBody(
        "model target", #"{"target":"model:default","input":"x"}"#, 422, "not-supported-yet",
        "/target"),
      BadBody(
        "unknown priority", #"{"target":"agent:main","input":"x","priority":"asap"}"#, 422,
        "unknown-priority", "/priority"),
      BadBody(
        "null priority", #"{"target":"agent:main","input":"x","priority":null}"#, 422,
        "unknown-priority", "/priority"),
      BadBody(
        "unknown field", #"{"target":"agent:main","input":"x","a/b":1}"#, 422, "unknown-field",
        "/a~1b"),
      BadBody(
        "empty message", #"{"target":"agent:main","input":{"message":" "}}"#, 422,
        "invalid-input", "/input/message"),
      BadBody(
        "message and more", #"{"target":"agent:main","input":{"message":"x","y":1}}"#, 422,
        "invalid-input", "/input/y"),
      BadBody(
        "number for an agent", #"{"target":"agent:main","input":7}"#, 422, "invalid-input",
        "/input"),
      BadBody(
        "skill input", #"{"target":"skill:files.read","input":{"path":7}}"#, 422, "invalid-input",
        "/input/path"),
    ]

  /// Whole members, each with the field that is at fault.
  private static let conflicts: [(members: String, pointer: String)] = [
    (#""run_at":"2030-01-01T00:00:00Z","delay":"5s""#, "/run_at"),
    (#""delay":"5s","session_id":"a""#, "/session_id"),
    (#""delay":"5m","deadline":"5m""#, "/deadline"),
    (#""unique_scope":"user""#, "/unique_scope"), (#""unique_for":"5m""#, "/unique_for"),
    (#""unique_key":"k","unique_scope":"session""#, "/unique_scope"),
    (#""unique_key":"k","unique_scope":"world""#, "/unique_scope"),
    (#""timeouts":{"queue":"0s"}"#, "/timeouts/queue"),
    (#""timeouts":{"step":"11m"}"#, "/timeouts/step"),
    (#""timeouts":{"total":"5m"}"#, "/timeouts/total"),
  ]

  /// Fields that say when and how a job runs, each with a value that it does not take.
  private static let options: [(String, String)] = [
    ("session_id", "1"), ("session_id", #""a b""#), ("session_id", #""""#),
    ("run_at", "1"), ("run_at", #""tomorrow""#), ("run_at", #""2030-02-30T00:00:00Z""#),
    ("run_at", #""2030-01-01T00:00:00""#), ("run_at", #""9999-12-31T23:59:59Z""#),
    ("delay", "5"), ("delay", #""5""#), ("delay", #""-5s""#), ("delay", #""5s5m""#),
    ("delay", #""99999999999999999999s""#), ("delay", #""400d""#),
    ("deadline", #""2001-01-01T00:00:00Z""#), ("deadline", "null"), ("deadline", #""0s""#),
    ("max_attempts", "0"), ("max_attempts", "21"), ("max_attempts", "1.5"),
    ("max_attempts", #""3""#), ("max_attempts", "null"),
    ("timeouts", "1"), ("unique_key", #""""#), ("unique_key", #""é""#), ("unique_key", "1"),
  ]

  private static func withMembers(
    _ members: String, _ problem: String, _ pointer: String
  ) -> BadBody {
    BadBody(
      members, #"{"target":"agent:main","input":"x","# + members + "}", 422, problem, pointer)
  }

  private static var optionBodies: [BadBody] {
    let unbuilt = ["budget", "tags"].map { field in
      withMembers("\"\(field)\":1", "not-supported-yet", "/\(field)")
    }
    let bad = options.map { field, value in
      withMembers("\"\(field)\":\(value)", "invalid-body", "/\(field)")
    }
    return unbuilt + bad + conflicts.map { withMembers($0.members, "invalid-body", $0.pointer) }
  }

  @Test func eachBadBodyHasItsOwnProblem() async throws {
    try await withGateway { gateway in
      for bad in Self.bodies + Self.optionBodies {
        let response = try await gateway.send(
          "POST", "/api/v1/jobs", headers: [("Content-Type", "application/json")], body: bad.body)
        #expect(response.status == bad.status, "\(bad.name): \(response.text)")
        #expect(response.problem == bad.problem, "\(bad.name): \(response.text)")
        #expect(response["content-type"] == "application/problem+json", "\(bad.name)")
        #expect(response.json["request_id"]?.text == response["x-request-id"], "\(bad.name)")
        if let pointer = bad.pointer {
          let fault = response.json["errors"]?.elements?.first
          #expect(fault?["pointer"]?.text == pointer, "\(bad.name): \(response.text)")
        }
      }
      #expect(gateway.service.accepted == 0)
      #expect(try await gateway.post(#"{"target":"agent:main","input":"x"}"#).status == 202)
    }
  }

  @Test func jsonProblemsSayWhyAndWhere() async throws {
    try await withGateway { gateway in
      let problem = try await gateway.post(#"{"input":"\u0000"}"#).json
      #expect(problem["reason"]?.text == "nul_character")
      #expect(problem["offset"]?.int == 10)
      #expect(problem["instance"]?.text == "/api/v1/jobs")
      #expect(problem["code"]?.text == "malformed_json")
    }
  }

  @Test func unknownTargetsListTheKnownOnesThatTheRoleAllows() async throws {
    try await withGateway { gateway in
      let all = try await gateway.post(#"{"target":"agent:x","input":"x"}"#).json
      #expect(all["known"] == ["agent:main", "skill:files.read", "skill:system.clock"])
      let some = try await gateway.post(
        #"{"target":"agent:x","input":"x"}"#, token: "bob-token"
      ).json
      #expect(some["known"] == ["agent:main"])
    }
  }

  @Test func rolesLimitTargetAndPriority() async throws {
    try await withGateway { gateway in
      let target = try await gateway.post(
        #"{"target":"skill:files.read","input":{"path":"a"}}"#, token: "bob-token")
      #expect((target.status, target.problem) == (403, "target-not-allowed"))
      let priority = try await gateway.post(
        #"{"target":"agent:main","input":"x","priority":"high"}"#, token: "bob-token")
      #expect((priority.status, priority.problem) == (403, "priority-not-allowed"))
      let allowed = try await gateway.post(
        #"{"target":"agent:main","input":"x","priority":"low"}"#, token: "bob-token")
      #expect(allowed.status == 202)
      #expect(gateway.service.accepted == 1)
    }
  }

  @Test(arguments: [
    ("text/plain", 415), ("application/json; charset=latin1", 415), ("", 415),
    ("application/json; charset=UTF-8", 202), ("Application/JSON", 202),
  ])
  func contentTypeIsJSONInUTF8(_ type: String, _ status: Int) async throws {
    try await withGateway { gateway in
      let response = try await gateway.send(
        "POST", "/api/v1/jobs", headers: type.isEmpty ? [] : [("Content-Type", type)],
        body: [UInt8](#"{"target":"agent:main","input":"x"}"#.utf8))
      #expect(response.status == status, "\(response.text)")
    }
  }

  @Test(arguments: ["", "\"", "\"a\"b", "é", String(repeating: "k", count: 256)])
  func malformedIdempotencyKeysAreRefused(_ key: String) async throws {
    try await withGateway { gateway in
      let response = try await gateway.post(
        #"{"target":"agent:main","input":"x"}"#, headers: [("Idempotency-Key", key)])
      #expect((response.status, response.problem) == (400, "malformed-header"))
      #expect(gateway.service.accepted == 0)
    }
  }

  @Test func badQueriesAreRefused() async throws {
    let job = "/api/v1/jobs/\(JobID())"
    let cases = [
      ("/api/v1/jobs?limit=0", "invalid-query-parameter"),
      ("/api/v1/jobs?limit=201", "invalid-query-parameter"),
      ("/api/v1/jobs?limit=99999999999999999999", "invalid-query-parameter"),
      ("/api/v1/jobs?limit=-1", "invalid-query-parameter"),
      ("/api/v1/jobs?limit=1&limit=1", "duplicate-query-parameter"),
      ("/api/v1/jobs?limit=1&lim%69t=1", "duplicate-query-parameter"),
      ("/api/v1/jobs?state=done", "invalid-query-parameter"),
      ("/api/v1/jobs?state=", "invalid-query-parameter"),
      ("/api/v1/jobs?target=main", "invalid-query-parameter"),
      ("/api/v1/jobs?cursor=AAAA", "invalid-cursor"),
      ("\(job)/steps?limit=0", "invalid-query-parameter"),
      ("\(job)/steps?cursor=AAAA", "invalid-cursor"),
      ("/api/v1/jobs?foo=1", "unknown-query-parameter"),
      ("/api/v1/jobs?limit=%zz", "malformed-query"),
      ("/api/v1/jobs?limit=%ff", "malformed-query"),
      ("/api/v1/jobs?limit=%00", "malformed-query"),
      ("\(job)?wait=61", "invalid-query-parameter"),
      ("\(job)?wait=1.5", "invalid-query-parameter"),
      ("\(job)/steps?wait=1", "unknown-query-parameter"),
      ("/healthz?x=1", "unknown-query-parameter"),
    ]
    try await withGateway { gateway in
      for (target, problem) in cases {
        let response = try await gateway.send("GET", target)
        #expect((response.status, response.problem) == (400, problem), "\(target)")
      }
    }
  }

  @Test func jobIdsOfOthersAndOfNobodyLookTheSame() async throws {
    try await withGateway { gateway in
      let created = try await gateway.post(#"{"target":"agent:main","input":"x"}"#)
      let id = try #require(created.json["id"]?.text)
      for suffix in ["", "/steps", "?wait=1"] {
        let foreign = try await gateway.send(
          "GET", "/api/v1/jobs/\(id)\(suffix)", token: "bob-token")
        let unknown = try await gateway.send(
          "GET", "/api/v1/jobs/\(JobID())\(suffix)", token: "bob-token")
        #expect((foreign.status, foreign.problem) == (404, "job-not-found"))
        #expect((unknown.status, unknown.problem) == (404, "job-not-found"))
        #expect(foreign.json["detail"] == unknown.json["detail"])
      }
      for malformed in ["1", "x%00", "%2e%2e", "batchx", String(repeating: "a", count: 36)] {
        let response = try await gateway.send("GET", "/api/v1/jobs/\(malformed)")
        #expect((response.status, response.problem) == (400, "malformed-id"), "\(malformed)")
      }
    }
  }
}
