import Foundation
import Observability
import TestSupport
import Testing

@Suite struct MetricsDocumentTests {
  private let document: MetricsDocument

  init() throws { document = try MetricsDocument() }

  @Test func theTableSaysWhatTheCodeSays() throws {
    if ProcessInfo.processInfo.environment["OPENCLAW_REWRITE_DOCS"] == "1" {
      try document.rewriteTable()
    }
    let table = try #require(try MetricsDocument().table)
    let (written, expected) = (table.split(separator: "\n"), MetricsDocument.expectedTable)
    for line in expected.split(separator: "\n") where !written.contains(line) {
      Issue.record("docs/METRICS.md lacks: \(line)")
    }
    #expect(table == expected, "OPENCLAW_REWRITE_DOCS=1 writes the table anew")
  }

  @Test func noMetricIsNamedThatThereIsNot() {
    let code = (document.blocks("yaml") + document.blocks("promql")).joined(separator: "\n")
    for match in code.matches(of: /(?:openclaw|http_server|process)_[a-z_]+/) {
      let name = match.output.replacing(/_(bucket|sum|count)$/, with: "")
      #expect(Metric(name: name) != nil, "\(name)")
    }
  }

  @Test(.enabled(if: TestTools.path(of: "promtool") != nil, "needs scripts/setup.sh --test"))
  func theExampleConfigurationIsValid() async throws {
    let alerts = try #require(document.yaml(with: "groups:"))
    let configuration = try #require(document.yaml(with: "scrape_configs:"))
    try await check(
      ["check", "config", "prometheus.yml"],
      ["prometheus.yml": configuration, "openclaw-alerts.yml": alerts])
  }

  @Test(.enabled(if: TestTools.path(of: "promtool") != nil, "needs scripts/setup.sh --test"))
  func theQueriesAreValid() async throws {
    #expect(document.queries.count >= 5)
    let rules = document.queries.enumerated().map { index, query in
      let lines = query.split(separator: "\n").map { "          \($0)" }.joined(separator: "\n")
      return "      - record: query:\(index)\n        expr: |\n\(lines)\n"
    }
    let file = "groups:\n  - name: queries\n    rules:\n" + rules.joined()
    try await check(["check", "rules", "rules.yml"], ["rules.yml": file])
  }

  @Test(.enabled(if: TestTools.path(of: "promtool") != nil, "needs scripts/setup.sh --test"))
  func theAlertsFireWhenTheyShould() async throws {
    let alerts = try #require(document.yaml(with: "groups:"))
    let files = ["openclaw-alerts.yml": alerts, "tests.yml": AlertExamples.text]
    try await check(["check", "rules", "openclaw-alerts.yml"], files)
    try await check(["test", "rules", "tests.yml"], files)
  }

  private func check(_ arguments: [String], _ files: [String: String]) async throws {
    let promtool = try #require(TestTools.path(of: "promtool"))
    let run = try await ToolRun.run(
      promtool, arguments, files: files.mapValues { [UInt8]($0.utf8) })
    #expect(run.status == 0, "\(run.output)")
  }
}
