import Chaos
import Foundation
import HTTP
import Jobs
import LocalServices
import Postgres
import TestSupport
import Testing

/// Pools grow and shrink while they work, and nothing is lost.
@Suite(.serialized, .timeLimit(.minutes(5))) struct ScalingTests {
  @Test func workersComeAndGoUnderLoad() async throws {
    try await TestSystem.with { system in
      try await system.announceAll()
      let gateway = try await system.startGateway()
      let client = Client(system)
      try await client.waitUntilReady()
      let skills = try await system.startWorker("skill.system")
      // All are there before the first of them is begun, however slow this machine is.
      var jobs: [JobID] = []
      for _ in 0..<40 { jobs.append(try await client.enqueue("agent:main", "what time is it?")) }
      let first = try await system.startWorker("agent.main", pace: 50, concurrency: 1)
      try await Self.wait(client) { $0["consumers"] == 1 }
      let before = try await Self.lane(client)
      #expect(before["ready"]?.int ?? 0 > 20 && before["consumers"] == 1)
      #expect(before["oldest_age_seconds"] != .null)

      var more: [ManagedProcess] = []
      for _ in 0..<2 {
        more.append(try await system.startWorker("agent.main", pace: 10, concurrency: 4))
      }
      try await Self.wait(client) { $0["consumers"] == 3 }
      // One is stopped by a signal, one is told to drain over the API.
      #expect(await first.stop().isSuccess)
      let workers = try await client.send(.get, "/api/v1/workers?pool=agent.main&state=running")
      let id = try #require(workers.json["items"]?.elements?.first?["id"]?.text)
      let told = try await client.send(.post, "/api/v1/workers/\(id)/drain", body: [:])
      #expect(told.status == 202 && told.json["state"] == "draining")
      #expect(try await Self.firstToEnd(more).isSuccess)

      try await Self.wait(client) { $0["ready"] == 0 }
      for job in jobs {
        let end = try await client.send(.get, "/api/v1/jobs/\(job)?wait=60").json
        #expect(end["state"] == "succeeded")
      }
      #expect(try await system.count("steps WHERE crashes > 0 OR attempt > 1") == 0)
      for process in more + [skills, gateway] { await process.stop() }
    }
  }

  @Test func upKeepsAsManyWorkersAsAreAskedFor() async throws {
    let up = try Up()
    defer { up.removeFiles() }
    try await up.run {
      #expect(try await up.openclaw("pools", "scale", "agent.coder", "3").status == 0)
      let three = try await up.openclaw("workers", "list", "-o", "json")
      #expect(three.output.components(separatedBy: "\"agent.coder\"").count == 4)
      let job = try await up.openclaw(
        "jobs", "enqueue", "agent:coder", "list files", "--wait", "30")
      #expect(job.status == 0, "\(job.output)")
      #expect(try await up.openclaw("pools", "scale", "agent.coder", "0").status == 0)
      let none = try await up.openclaw("workers", "list", "-o", "json")
      #expect(none.status == 0 && !none.output.contains("\"agent.coder\""))
      #expect(try await up.openclaw("pools", "scale", "agent.coder", "300").status == 64)
      #expect(try await up.openclaw("pools", "scale", "agent.nobody", "1").status == 3)
    }
  }

  @Test func upGoesOnWhenWhoReadItsOutputHasGone() async throws {
    let up = try Up()
    defer { up.removeFiles() }
    try await up.runUnread { process in
      #expect(try await up.openclaw("users", "create", "ada").status == 0)
      let token = try #require(
        try await up.document("tokens", "create", "ada", "--file", "ada.token")["id"]?.text)
      #expect(
        try await up.document("tokens", "revoke", token)
          == ["token": .string(token), "revoked": true])
      let nowhere = try await up.openclaw("tokens", "create", "ada", "--file", "/nonexistent/x")
      #expect(nowhere.status == 64)
      #expect(try await up.document("users", "revoke", "ada") == ["user": "ada", "revoked": true])
      #expect(process.exitStatusIfEnded == nil)
      #expect(try await up.document("down")["stopped"] == true)
      #expect(await process.exitStatus.isSuccess)
      #expect(try await up.document("down") == ["pid": .null, "stopped": false])
    }
  }

  private static func lane(_ client: Client) async throws -> JSONValue {
    try await client.send(.get, "/api/v1/queues/agent.main.normal").json
  }

  /// Looks at the lane until the condition holds; the suite's time limit ends a vain wait.
  private static func wait(
    _ client: Client, until isMet: (JSONValue) -> Bool
  ) async throws {
    while !isMet(try await lane(client)) { try await Task.sleep(for: .milliseconds(100)) }
  }

  private static func firstToEnd(_ processes: [ManagedProcess]) async throws -> ProcessExit {
    while true {
      if let exit = processes.lazy.compactMap(\.exitStatusIfEnded).first { return exit }
      try await Task.sleep(for: .milliseconds(100))
    }
  }
}

/// `openclaw up` in a data root of its own.
private struct Up {
  private let folder: URL
  private let programs: URL
  private let guardPath: String
  private let environment: [String: String]

  init() throws {
    let paths = try LocalPaths.resolve()
    guardPath = paths.guardPath
    programs = URL(filePath: guardPath).deletingLastPathComponent()
    folder = URL(filePath: "/var/tmp").appending(path: "openclaw-up-\(UUID().uuidString)")
    environment = [
      "PATH": "/usr/bin:/bin", "OPENCLAW_DATA_ROOT": folder.path,
      "OPENCLAW_TOOLS": paths.tools.path,
      "OPENCLAW_TOPOLOGY": TestTools.checkout.appending(path: "queues/topology.yaml").path,
    ]
  }

  /// Runs the body once everything is up.
  func run(_ body: () async throws -> Void) async throws {
    let words = ["up", "--no-sample", "--port", String(UInt16.random(in: 32_000..<33_000))]
    try await run(program, words) {
      log.contains("stop         Ctrl-C")
    } body: { _ in
      try await body()
    }
  }

  /// Runs the body once everything is up, with nobody who reads what `up` says.
  func runUnread(_ body: (ManagedProcess) async throws -> Void) async throws {
    let port = UInt16.random(in: 33_000..<34_000)
    let script = #"exec "$0" up --no-sample --port \#(port) > >(exec true)"#
    try await run(
      "bash", ["-c", script, program], until: { try await openclaw("status").status == 0 },
      body: body)
  }

  private var program: String { programs.appending(path: "openclaw").path }

  private func run(
    _ executable: String, _ arguments: [String],
    until isUp: () async throws -> Bool,
    body: (ManagedProcess) async throws -> Void
  ) async throws {
    var command = ProcessCommand(
      name: "up", executable: executable, arguments: arguments, environment: environment)
    command.logFile = "\(folder.path).log"
    command.grace = .seconds(60)
    let up = try await ManagedProcess.launch(command, guardPath: guardPath)
    do {
      while try await !isUp() {
        guard up.exitStatusIfEnded == nil else { throw Unexpected("up ended:\n\(log)") }
        try await Task.sleep(for: .milliseconds(200))
      }
      try await body(up)
    } catch {
      await up.stop()
      throw error
    }
    await up.stop()
  }

  /// Runs a command as the operator.
  func openclaw(_ words: String...) async throws -> ToolRun {
    try await ToolRun.run(
      programs.appending(path: "openclaw").path, words, environment: environment)
  }

  /// Runs a command as the operator, and reads the document that it prints.
  func document(_ words: String...) async throws -> JSONValue {
    let run = try await ToolRun.run(program, words + ["-o", "json"], environment: environment)
    #expect(run.status == 0, "\(words): \(run.output)")
    return try JSONValue(json: Array(run.output.utf8))
  }

  func removeFiles() {
    for path in [folder.path, "\(folder.path).log"] {
      // What is left in the temporary folder does no harm.
      try? FileManager.default.removeItem(atPath: path)
    }
  }

  private var log: String {
    // There is none before the start.
    (try? String(contentsOfFile: "\(folder.path).log", encoding: .utf8)) ?? ""
  }
}
