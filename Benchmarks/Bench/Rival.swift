import Foundation
import LocalServices
import TestSupport

/// The Python programs of `Benchmarks/Rivals`, in an environment of their own.
enum Rival {
  /// A FastAPI application that enqueues, under the same load as our gateway.
  ///
  /// - Parameter workers: How many processes serve it.
  static func enqueue(
    _ application: String, workers: Int, in arena: Arena
  ) async throws -> Sample {
    let port = arena.system.gatewayPorts[0]
    let server = try await start(
      [
        "-m", "uvicorn", "\(application):app", "--port", "\(port)", "--workers", "\(workers)",
        "--loop", "uvloop", "--http", "httptools", "--no-access-log",
      ], name: application, in: arena)
    try await arena.wait(for: server) { await Arena.listens("http://127.0.0.1:\(port)/") }
    var load = Load(
      url: arena.url("/api/v1/jobs"), token: "rival-token",
      body: Load.job("agent:main", input: Load.text), seconds: arena.seconds)
    load.options = []
    try await load.warmUp(in: arena)
    let meter = CPUMeter(
      await arena.processes().merging(["gateway": [server.childPID]]) { $1 })
    let run = try await load.run(in: arena)
    var sample = run.sample()
    sample.add(cpu: meter.elapsed(), jobs: Double(run.requests))
    await server.stop()
    return sample
  }

  /// Runs one of the programs to its end.
  static func run<Answer: Decodable>(
    _ type: Answer.Type, _ program: String, _ arguments: [String], in arena: Arena
  ) async throws -> Answer {
    try await Tool.json(
      type, try python(), [folder.appending(path: program).path] + arguments,
      environment: environment(arena))
  }

  private static var folder: URL { TestTools.checkout.appending(path: "Benchmarks/Rivals") }

  private static func python() throws -> String {
    guard let path = TestTools.path(of: "rivals/bin/python") else {
      throw Failure("the rivals are not installed: run scripts/setup.sh --bench")
    }
    return path
  }

  private static func environment(_ arena: Arena) throws -> [String: String] {
    [
      "PATH": "/usr/bin:/bin", "RIVAL_AMQP_URL": try arena.system.stack.amqpURL(),
      "RIVAL_TOKEN": "rival-token", "PYTHONPATH": folder.path, "PYTHONDONTWRITEBYTECODE": "1",
    ]
  }

  private static func start(
    _ arguments: [String], name: String, in arena: Arena
  ) async throws -> ManagedProcess {
    var command = ProcessCommand(
      name: name, executable: try python(), arguments: arguments,
      environment: try environment(arena))
    command.workingDirectory = folder.path
    command.logFile = arena.system.stack.root.log(of: name).path
    return try await ManagedProcess.launch(command, guardPath: arena.system.stack.paths.guardPath)
  }
}
