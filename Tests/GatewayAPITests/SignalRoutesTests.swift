import Jobs
import Testing

/// Signals over HTTP.
@Suite struct SignalRoutesTests {
  @Test func aSignalIsSentWithAndWithoutAPayload() async throws {
    try await withGateway { gateway in
      let job = try await gateway.enqueued()
      let path = "/api/v1/jobs/\(job)/signals"
      let sent = try await gateway.json(
        "POST", "\(path)/approved", #"{"payload":{"by":"ada"}}"#)
      #expect(sent.status == 202 && sent.json["state"] == "kept")
      #expect(sent.json["signal"] == "approved")
      #expect(try await gateway.send("POST", "\(path)/a%3Ab").json["signal"] == "a:b")
      let status = try await gateway.send("GET", path)
      #expect(status.json["kept"]?.elements?.count == 2)
      #expect(status.json["waits"]?.elements?.first?["signal"] == "approved")
    }
  }

  @Test func aBodyWithoutBytesIsNoneWhateverItsType() async throws {
    try await withGateway { gateway in
      let path = "/api/v1/jobs/\(try await gateway.enqueued())/signals/x"
      for type in ["application/json", "text/plain"] {
        let empty = try await gateway.send(
          "POST", path, headers: [("Content-Type", type)], body: [])
        #expect(empty.status == 202, "\(type)")
      }
      let chunked = try await gateway.connect()
      try await chunked.send(
        TestGateway.request(
          "POST", path,
          headers: [("Content-Type", "application/json"), ("Transfer-Encoding", "chunked")]))
      try await chunked.send("0\r\n\r\n")
      #expect(try await chunked.response()?.status == 202)
      let text = try await gateway.send(
        "POST", path, headers: [("Content-Type", "text/plain")], body: [UInt8]("{}".utf8))
      #expect((text.status, text.problem) == (415, "unsupported-media-type"))
    }
  }

  @Test func badSignalsAreNamed() async throws {
    try await withGateway { gateway in
      let path = "/api/v1/jobs/\(try await gateway.enqueued())/signals"
      let unknown = "/api/v1/jobs/0199c0de-0000-7000-8000-000000000000/signals"
      for (path, body, status, problem) in [
        ("\(path)/a%20b", "{}", 400, "malformed-id"),
        ("\(path)/x", #"{"data":1}"#, 422, "unknown-field"),
        ("\(path)/x", "[1]", 422, "invalid-body"),
        ("\(path)/x", "{", 400, "malformed-json"),
        ("\(unknown)/x", "{}", 404, "job-not-found"),
      ] {
        let response = try await gateway.json("POST", path, body)
        #expect((response.status, response.problem) == (status, problem), "\(path) \(body)")
      }
      #expect(try await gateway.send("GET", unknown).status == 404)
      let keyed = try await gateway.json(
        "POST", "\(path)/x", "{}", headers: [("Idempotency-Key", "k")])
      #expect((keyed.status, keyed.problem) == (422, "not-supported-yet"))
    }
  }

  @Test func aJobThatKeepsTooManyOrIsOverTakesNone() async throws {
    try await withGateway { gateway in
      let job = try await gateway.enqueued()
      let path = "/api/v1/jobs/\(job)/signals/x"
      for _ in 0..<100 { _ = try await gateway.send("POST", path) }
      let full = try await gateway.send("POST", path)
      #expect((full.status, full.problem) == (409, "too-many-signals"))
      _ = try await gateway.send("POST", "/api/v1/jobs/\(job)/cancel")
      let over = try await gateway.send("POST", path)
      #expect((over.status, over.problem) == (409, "job-over"))
    }
  }

  @Test func whatAJobWaitsForIsChecked() async throws {
    try await withGateway { gateway in
      for (waiting, pointer) in [
        (#""now""#, "/wait_for"), (#"{}"#, "/wait_for/signal"),
        (#"{"signal":"a b"}"#, "/wait_for/signal"), (#"{"signal":"x","for":"1h"}"#, "/wait_for"),
        (#"{"signal":"x","timeout":"0s"}"#, "/wait_for/timeout"),
        (#"{"signal":"x","timeout":"later"}"#, "/wait_for/timeout"),
        (#"{"signal":"x"},"session_id":"s""#, "/wait_for"),
        (#"{"signal":"x"},"delay":"5s""#, "/wait_for"),
      ] {
        let response = try await gateway.json(
          "POST", "/api/v1/jobs",
          #"{"target":"agent:main","input":"hi","wait_for":\#(waiting)}"#)
        #expect(response.status == 422 && response.pointer == pointer, "\(waiting)")
      }
      let good = try await gateway.json(
        "POST", "/api/v1/jobs",
        #"{"target":"agent:main","input":"hi","wait_for":{"signal":"x","timeout":"2d"}}"#)
      #expect(good.status == 202)
    }
  }
}

extension TestGateway {
  /// A job that runs.
  fileprivate func enqueued() async throws -> String {
    let job = try await post(#"{"target":"agent:main","input":"hi"}"#)
    return try #require(job.json["id"]?.text)
  }
}

extension RawResponse {
  fileprivate var pointer: String? { json["errors"]?.elements?.first?["pointer"]?.text }
}
