import GatewayAPI
import Jobs
import Observability
import Synchronization
import Testing

/// `/metrics`, and what the shell itself counts.
@Suite struct MetricsRouteTests {
  @Test(
    arguments: [
      (nil, false), ("*/*", false), ("text/plain", false), ("text/html", false),
      ("application/openmetrics-text", true),
      ("application/openmetrics-text; version=1.0.0, text/plain;q=0.5", true),
      ("application/openmetrics-text;q=0.5, text/plain", false),
      ("application/openmetrics-text;version=0.0.1;q=0.9, text/plain;q=0.1", false),
      ("application/openmetrics-text;q=0", false), ("application/openmetrics-text, */*", true),
      ("text/*;q=0.9, application/*;q=0.8", false),
      (
        "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
          + "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;q=0.4,"
          + "text/plain;version=0.0.4;q=0.3,*/*;q=0.2", true
      ),
    ] as [(String?, Bool)])
  func theFormatIsWhatTheClientPrefers(_ accept: String?, _ isOpen: Bool) async throws {
    try await withGateway { gateway in
      let response = try await gateway.send(
        "GET", "/metrics", token: nil, headers: accept.map { [("Accept", $0)] } ?? [])
      #expect(response.status == 200)
      #expect(
        response["content-type"] == MetricsText.contentType(isOpen ? .openMetrics : .prometheus))
      #expect(response.text.hasSuffix("# EOF\n") == isOpen)
      #expect(response["vary"] == "Accept")
    }
  }

  @Test func requestsAreCountedByRouteAndNeverByPath() async throws {
    try await withGateway { gateway in
      _ = try await gateway.send("GET", "/api/v1/jobs/\(JobID())")
      _ = try await gateway.send("HEAD", "/healthz")
      for path in ["/nowhere", "/a", "/api/v1/jobs/x/y"] {
        _ = try await gateway.send("PURGE", path)
      }
      let broken = try await gateway.connect()
      try await broken.send("garbage\r\n\r\n")
      #expect(try await broken.readsEnd())
      let text = try await gateway.send("GET", "/metrics", token: nil).text
      for line in [
        #"_count{route="/api/v1/jobs/{id}",method="GET",status="404"} 1"#,
        #"_count{route="/healthz",method="HEAD",status="200"} 1"#,
        #"_count{route="unmatched",method="other",status="404"} 3"#,
        #"_count{route="unmatched",method="other",status="400"} 1"#,
      ] {
        #expect(text.contains("http_server_request_duration_seconds\(line)\n"), "\(line)")
      }
    }
  }

  @Test func whatCannotBeSampledIsUnavailable() async throws {
    try await withGateway { gateway in
      gateway.service.state.withLock {
        $0.failure = .unavailable(retryAfter: .seconds(2), detail: "the database does not answer")
      }
      let response = try await gateway.send("GET", "/metrics", token: nil)
      #expect((response.status, response.problem) == (503, "unavailable"))
    }
  }
}
