import Chaos
import Foundation
import Jobs
import LocalServices
import TestSupport
import Testing

/// `openclaw up`, as a process of its own.
@Suite(.serialized, .timeLimit(.minutes(5))) struct UpTests {
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

  @Test func theServersRunAloneForARestore() async throws {
    let up = try Up()
    defer { up.removeFiles() }
    try await up.runServers { process in
      let status = try await up.openclaw("status", "-o", "json")
      #expect(status.status == 69)
      let document = try JSONValue(json: Array(status.output.utf8))
      #expect(document["gateway_url"] == .null && document["ready"] == false)
      let names = document["parts"]?.elements?.compactMap { $0["name"]?.text }
      #expect(Set(names ?? []) == ["postgres", "rabbitmq"])
      // The key of the backup shall be put there, so none may be made.
      let keys = try FileManager.default.contentsOfDirectory(
        atPath: up.folder.appending(path: "keys").path)
      #expect(keys.contains("database.url") && !keys.contains("master.key"))
      #expect(try await up.document("down")["stopped"] == true)
      #expect(await process.exitStatus.isSuccess)
    }
  }
}

/// `openclaw up` in a data root of its own.
private struct Up {
  let folder: URL
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

  /// Runs the body while the servers run alone.
  func runServers(_ body: (ManagedProcess) async throws -> Void) async throws {
    try await run(
      program, ["up", "--servers-only"], until: { log.contains("stop         Ctrl-C") }, body: body)
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
