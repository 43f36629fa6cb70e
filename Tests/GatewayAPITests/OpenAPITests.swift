import Foundation
import GatewayAPI
import Jobs
import Testing

/// The OpenAPI document and the page made of it.
@Suite struct OpenAPITests {
  private static let file = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../docs/openapi.json")

  /// `OPENCLAW_WRITE_OPENAPI=1 swift test --filter OpenAPITests` writes the file anew.
  @Test func theFileInTheRepositoryIsTheServedDocument() async throws {
    try await withGateway { gateway in
      let served = try await gateway.send("GET", "/api/v1/openapi.json", token: nil)
      #expect((served.status, served["content-type"]) == (200, "application/json"))
      let text = indented(served.json) + "\n"
      if ProcessInfo.processInfo.environment["OPENCLAW_WRITE_OPENAPI"] != nil {
        try Data(text.utf8).write(to: Self.file)
      }
      let stored = String(decoding: try Data(contentsOf: Self.file), as: UTF8.self)
      #expect(
        stored == text, "run OPENCLAW_WRITE_OPENAPI=1 swift test --filter OpenAPITests")
    }
  }

  @Test func itsPathsAreTheRouteTable() async throws {
    try await withGateway { gateway in
      let document = try await gateway.send("GET", "/api/v1/openapi.json", token: nil).json
      var described: [String] = []
      for (path, item) in members(document["paths"]) {
        for (method, operation) in members(item) {
          described.append("\(method.uppercased()) \(path)")
          let route = try #require(
            gateway.routes.first { $0.method == method.uppercased() && $0.template == path })
          #expect(members(operation["responses"]).map(\.key) == route.statuses.map(String.init))
          #expect((operation["security"]?.elements?.isEmpty == false) == route.needsToken)
          let query = (operation["parameters"]?.elements ?? []).filter { $0["in"] == "query" }
          #expect(query.compactMap { $0["name"]?.text }.sorted() == route.query)
        }
      }
      #expect(described.sorted() == gateway.routes.map { "\($0.method) \($0.template)" }.sorted())
    }
  }

  /// Those that may be repeated without anything happening twice.
  private static let harmless = [
    "/api/v1/batches/{id}/cancel", "/api/v1/batches/{id}/close", "/api/v1/jobs/{id}/cancel",
    "/api/v1/jobs/{id}/priority", "/api/v1/queues/{lane}/pause", "/api/v1/queues/{lane}/resume",
    "/api/v1/schedules/{name}/pause", "/api/v1/schedules/{name}/resume",
    "/api/v1/workers/{id}/drain",
  ]

  @Test func eachCommandTakesAKeyRefusesItOrNeedsNone() async throws {
    try await withGateway { gateway in
      let document = try await gateway.send("GET", "/api/v1/openapi.json", token: nil).json
      let rules = document["info"]?["description"]?.text ?? ""
      var needless: [String] = []
      for route in gateway.routes where route.method == "POST" {
        let operation = document["paths"]?[route.template]?["post"]
        let takes = operation?["parameters"]?.elements?.contains { $0["name"] == "Idempotency-Key" }
        let path = route.template.replacing(#/\{\w+\}/#) { _ in "\(JobID())" }
        let answer = try await gateway.json(
          "POST", path, "{}", headers: [("Idempotency-Key", "k")])
        let isRefused =
          answer.json["errors"]?.elements?.contains { $0["header"] == "idempotency-key" } == true
        if isRefused {
          #expect((answer.status, answer.problem) == (422, "not-supported-yet"), "\(path)")
          #expect(operation?["description"]?.text?.contains("is refused") == true, "\(path)")
        }
        #expect(takes != true || !isRefused, "\(path)")
        let isNeedless = takes != true && !isRefused
        if isNeedless { needless.append(route.template) }
        #expect(rules.contains("`POST \(route.template)`") == !isNeedless, "\(path)")
      }
      #expect(needless.sorted() == Self.harmless)
    }
  }

  @Test func whatComesWithAnAnswerIsDeclared() async throws {
    try await withGateway { gateway in
      let paths = try await gateway.send("GET", "/api/v1/openapi.json", token: nil).json["paths"]
      let metrics = paths?["/metrics"]?["get"]?["responses"]?["200"]
      #expect(
        members(metrics?["content"]).map(\.key) == ["application/openmetrics-text", "text/plain"])
      #expect(members(metrics?["headers"]).map(\.key) == ["Vary"])
      let unfilled = paths?["/api/v1/batches"]?["post"]?["responses"]?["503"]
      #expect(members(unfilled?["headers"]).map(\.key) == ["Location", "Retry-After"])
      #expect(members(unfilled?["content"]).map(\.key) == ["application/problem+json"])
    }
  }

  @Test func refusalsSayWhichHeadersComeWithThem() async throws {
    try await withGateway { gateway in
      let document = try await gateway.send("GET", "/api/v1/openapi.json", token: nil).json
      var seen: Set<String> = []
      for (_, item) in members(document["paths"]) {
        for (_, operation) in members(item) {
          for (status, response) in members(operation["responses"]) {
            let name = response["$ref"]?.text?.split(separator: "/").last.map(String.init)
            let answer = name.flatMap { document["components"]?["responses"]?[$0] } ?? response
            guard let header = ["401": "WWW-Authenticate", "503": "Retry-After"][status] else {
              #expect(status != "429")
              continue
            }
            #expect(answer["headers"]?[header] != nil, "\(status)")
            seen.insert(status)
          }
        }
      }
      #expect(seen == ["401", "503"])
    }
  }

  @Test func everyReferenceResolves() async throws {
    try await withGateway { gateway in
      let response = try await gateway.send("GET", "/api/v1/openapi.json", token: nil)
      let schemas = members(response.json["components"]?["schemas"]).map(\.key)
      let names = response.text.matches(of: #/#\/components\/schemas\/(\w+)/#).map { String($0.1) }
      #expect(Set(names).isSubset(of: schemas))
      let ids = response.text.matches(of: #/"operationId":"(\w+)"/#).map { String($0.1) }
      #expect(ids.count == gateway.routes.count && Set(ids).count == ids.count)
    }
  }

  @Test func thePageShowsEveryRouteAndLoadsNothing() async throws {
    try await withGateway { gateway in
      let page = try await gateway.send("GET", "/docs", token: nil)
      #expect((page.status, page["content-type"]) == (200, "text/html; charset=utf-8"))
      #expect(page["content-security-policy"]?.hasPrefix("default-src 'none'") == true)
      for route in gateway.routes {
        #expect(page.text.contains("<code>\(route.method) \(route.template)</code>"))
      }
      // The address of an example is text.
      let text = page.text.replacing("https://example.com/", with: "")
      for word in ["<script", "src=", "http://", "https://", "@import", "url("] {
        #expect(!text.contains(word), "\(word)")
      }
      for path in ["/docs/x", "/docs/openapi.json"] {
        let none = try await gateway.send("GET", path, token: nil)
        #expect((none.status, none.problem) == (404, "route-not-found"))
      }
    }
  }

  private func members(_ value: JSONValue?) -> [(key: String, value: JSONValue)] {
    guard case .object(let members)? = value else { return [] }
    return members.sorted { $0.key < $1.key }
  }

  /// Two spaces a level, keys sorted by their bytes.
  private func indented(_ value: JSONValue, _ indent: String = "") -> String {
    let inner = indent + "  "
    switch value {
    case .array(let elements) where !elements.isEmpty:
      let lines = elements.map { inner + indented($0, inner) }
      return "[\n\(lines.joined(separator: ",\n"))\n\(indent)]"
    case .object(let members) where !members.isEmpty:
      let sorted = members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      let lines = sorted.map { key, value in
        inner + text(.string(key)) + ": " + indented(value, inner)
      }
      return "{\n\(lines.joined(separator: ",\n"))\n\(indent)}"
    default: return text(value)
    }
  }

  private func text(_ value: JSONValue) -> String { String(decoding: value.json, as: UTF8.self) }
}
