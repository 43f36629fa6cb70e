import GatewayAPI
import Jobs
import Testing

/// Who gets in, and what everyone else is told.
@Suite struct AuthenticationTests {
  private static let open = [
    "/healthz", "/readyz", "/metrics", "/problems/{slug}", "/api/v1/openapi.json", "/docs",
  ]

  @Test func everyRouteButHealthMetricsAndDocumentsNeedsAToken() async throws {
    try await withGateway { gateway in
      #expect(gateway.routes.count >= 7)
      for route in gateway.routes {
        let target = route.template.replacing("{id}", with: "\(JobID())")
          .replacing("{slug}", with: "unavailable").replacing("{pool}", with: "agent.main")
        let isOpen = Self.open.contains(route.template)
        #expect(route.needsToken == !isOpen, "\(route.template)")
        for token in [nil, "unknown-token"] {
          let response = try await gateway.send(route.method, target, token: token)
          #expect((response.status == 401) == !isOpen, "\(route.method) \(route.template)")
          if !isOpen {
            let kind = token == nil ? "missing-token" : "invalid-token"
            #expect(response.problem == kind)
            #expect(response["www-authenticate"]?.hasPrefix("Bearer realm=\"openclaw\"") == true)
          }
        }
      }
      #expect(gateway.service.accepted == 0)
    }
  }

  @Test(arguments: [
    "Bearer", "Bearer ", "Basic YTpi", "alice-token", "Bearer alice-token x", "Bearer a b",
    "Bearer ===", "Bearer al\"ice", "Bearer " + String(repeating: "a", count: 513),
  ])
  func malformedAuthorizationIs401(_ value: String) async throws {
    try await withGateway { gateway in
      let response = try await gateway.send(
        "GET", "/api/v1/jobs", token: nil, headers: [("Authorization", value)])
      #expect((response.status, response.problem) == (401, "malformed-token"))
      #expect(response["www-authenticate"]?.contains("error=\"invalid_token\"") == true)
    }
  }

  @Test func theSchemeIsCaseInsensitive() async throws {
    try await withGateway { gateway in
      let response = try await gateway.send(
        "GET", "/api/v1/jobs", token: nil, headers: [("authorization", "bEARER alice-token")])
      #expect(response.status == 200)
    }
  }

  @Test(arguments: ["access_token", "token", "api_key", "Token"])
  func tokensInTheURLAreRefusedAndNotLogged(_ name: String) async throws {
    try await withGateway { gateway in
      for path in ["/api/v1/jobs", "/healthz", "/nowhere"] {
        let response = try await gateway.send("GET", "\(path)?\(name)=alice-token", token: nil)
        #expect((response.status, response.problem) == (400, "token-in-query"))
        #expect(!response.text.contains("alice-token"))
      }
      #expect(!gateway.log.lines.contains { $0.contains("alice-token") })
    }
  }

  @Test func repeatedSecurityHeadersAreRefused() async throws {
    try await withGateway { gateway in
      for headers in [
        [("Authorization", "Bearer bob-token")], [("Host", "other")],
        [("Idempotency-Key", "a"), ("Idempotency-Key", "b")],
      ] {
        let response = try await gateway.send("GET", "/api/v1/jobs", headers: headers)
        #expect((response.status, response.problem) == (400, "duplicate-header"))
      }
    }
  }

  @Test func theLogHasOneLineWithoutSecretsForEachRequest() async throws {
    try await withGateway { gateway in
      _ = try await gateway.post(
        #"{"target":"agent:main","input":"my secret prompt"}"#,
        headers: [("X-Request-Id", "req-17")])
      _ = try await gateway.send("GET", "/api/v1/jobs/\(JobID())?wait=0")
      let lines = gateway.log.lines.filter { $0.contains("info request ") }
      #expect(lines.count == 2)
      #expect(lines[0].contains("route=/api/v1/jobs") && lines[0].contains("status=202"))
      #expect(lines[0].contains("request=req-17") && lines[0].contains("duration="))
      #expect(lines[1].contains("route=/api/v1/jobs/{id}"))
      #expect(!gateway.log.lines.contains { $0.contains("secret") || $0.contains("alice-token") })
    }
  }
}
