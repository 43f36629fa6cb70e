import Chaos
import Foundation
import HTTP
import Jobs
import LocalServices
import TestSupport
import Testing

/// What clients and tools that nobody here wrote say of the running system.
@Suite(.serialized, .timeLimit(.minutes(15)), .enabled(if: TestTools.python != nil))
struct ContractTests {
  @Test func schemathesisFindsNothingToComplainAbout() async throws {
    try await withSystem { system in
      let url = "http://127.0.0.1:\(system.gatewayPorts[0])"
      let program = TestTools.folder.appending(path: "python/bin/schemathesis").path
      let folder = TestTools.checkout.appending(path: "Tests/OpenAPI")
      let run = try await ToolRun.run(
        program,
        [
          "--config-file", folder.appending(path: "schemathesis.toml").path,
          "run", "\(url)/api/v1/openapi.json", "--max-examples", Self.examples, "--seed", "1",
          "--no-color",
        ],
        environment: [
          "PYTHONPATH": folder.path, "PYTHONDONTWRITEBYTECODE": "1",
          "OPENCLAW_TOKEN": system.token,
        ])
      print(run.output.split(separator: "\n").suffix(12).joined(separator: "\n"))
      #expect(run.status == 0, "\(run.output.suffix(20_000))")
      let ready = try await Client(system).send(.get, "/readyz")
      #expect(ready.status == 200)
    }
  }

  @Test func theDocumentIsValidOpenAPI() async throws {
    let file = TestTools.checkout.appending(path: "docs/openapi.json").path
    let program = TestTools.folder.appending(path: "python/bin/openapi-spec-validator").path
    let run = try await ToolRun.run(program, [file])
    #expect(run.status == 0, "\(run.output)")
  }

  @Test(.enabled(if: TestTools.path(of: "promtool") != nil))
  func promtoolAcceptsTheMetricsOfABusySystem() async throws {
    try await withSystem { system in
      let client = Client(system)
      for input: JSONValue in ["write \"hello\" to a.txt", "what time is it?", "read nothing.txt"] {
        let job = try await client.enqueue("agent:main", input)
        _ = try await client.send(.get, "/api/v1/jobs/\(job)?wait=30")
      }
      // Workers tell their counters every five seconds.
      var text = try await Self.metrics(system)
      while !text.contains("openclaw_skill_runs_total{") {
        try await Task.sleep(for: .milliseconds(300))
        text = try await Self.metrics(system)
      }
      let run = try await ToolRun.run(
        try #require(TestTools.path(of: "promtool")), ["check", "metrics"],
        files: ["stdin": [UInt8](text.utf8)])
      #expect(run.status == 0, "\(run.output)")
      for name in ["openclaw_jobs_completed_total", "openclaw_model_calls_total"] {
        #expect(text.contains("\(name){"), "\(name)")
      }
    }
  }

  private static let examples =
    ProcessInfo.processInfo.environment["OPENCLAW_SCHEMATHESIS_EXAMPLES"] ?? "20"

  private static func metrics(_ system: TestSystem) async throws -> String {
    let url = "http://127.0.0.1:\(system.gatewayPorts[0])/metrics"
    let response = try await HTTPClient().send(HTTPRequest(.get, url: url))
    return String(decoding: response.body, as: UTF8.self)
  }

  /// Keeps a worker there until it is cancelled, as clients may drain it.
  private static func keepWorking(_ system: TestSystem) async throws {
    while !Task.isCancelled {
      let worker = try await system.startWorker("agent.main", "skill.files", "skill.system")
      while worker.exitStatusIfEnded == nil, !Task.isCancelled {
        // It fails only when the test is over.
        try? await Task.sleep(for: .milliseconds(100))
      }
      await worker.stop()
    }
  }

  private func withSystem(
    _ body: @escaping @Sendable (TestSystem) async throws -> Void
  ) async throws {
    try await TestSystem.with { system in
      try await system.announceAll()
      let gateway = try await system.startGateway()
      try await Client(system).waitUntilReady()
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await Self.keepWorking(system) }
        try await body(system)
        group.cancelAll()
        try await group.waitForAll()
      }
      await gateway.stop()
    }
  }
}
