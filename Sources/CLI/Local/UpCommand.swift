import ArgumentParser
import Foundation
import HTTP
import JobQueue
import Jobs
import LocalServices
import Postgres
import Security
import ServiceSupport

/// `openclaw up`: the whole system on this machine, until Ctrl-C.
struct UpCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "up",
    abstract: "Start everything on this machine and keep it running.",
    discussion: """
      Starts a private PostgreSQL and a private RabbitMQ in the data root, a gateway and one \
      worker per pool, restarts what dies, and stops all of it at Ctrl-C. No service of the \
      system is touched; everything listens on 127.0.0.1.
      """)

  @Option(help: "The gateway's port; the next free one is taken if it is not free.")
  var port: UInt16 = 18789

  @Flag(inversion: .prefixedNo, help: "Run a sample job after the start.")
  var sample = true

  @Flag(help: "Start PostgreSQL and RabbitMQ alone, to restore a backup or to look into them.")
  var serversOnly = false

  func validate() throws {
    guard port > 0 else { throw ValidationError("--port takes 1 to 65535.") }
  }

  func run() async throws {
    let signals = SignalStream([SIGINT, SIGTERM, SIGHUP])
    defer { signals.cancel() }
    let numbers = signals.values
    let stop = StopRequest()
    let status = try await withThrowingTaskGroup(of: Int32?.self) { group in
      group.addTask {
        try await serversOnly ? Self.runServers(until: stop) : runSystem(until: stop)
        return nil
      }
      group.addTask {
        for await signal in numbers { return signal }
        return nil
      }
      let first = try await group.next() ?? nil
      if first != nil { Self.say("\n  stopping …") }
      // Before there is anything to stop in order, the start is cancelled.
      if first == nil || !stop.request() { group.cancelAll() }
      // The system ends with a cancellation once all of its processes are gone.
      while (try? await group.next()) != nil {}
      return first
    }
    if status == SIGINT { throw ExitCode(130) }
  }

  private func runSystem(until stop: StopRequest) async throws {
    let topologyFile = try LocalFiles.topology()
    let topology = try Topology(file: topologyFile.path)
    let system = try await LocalSystem.start(
      paths: try .resolve(), port: port, topology: topologyFile, pools: topology.lanes.pools,
      say: { Self.say("  \($0)") })
    do {
      try await supervise(system, until: stop)
    } catch {
      await system.stop()
      throw error
    }
    await system.stop()
  }

  /// Keeps the servers running until the stop. Nothing is written to them, and no key is made.
  private static func runServers(until stop: StopRequest) async throws {
    let stack = try await LocalStack.start(paths: try .resolve()) { say("  ✓ \($0)") }
    let journal = RunJournal(root: stack.root, gatewayURL: nil)
    let connections = LocalConnections(root: stack.root)
    do {
      try connections.write(databaseURL: try stack.databaseURL(), amqpURL: try stack.amqpURL())
      say("  ✓ urls       \(connections.root.keys.path)/database.url, amqp.url")
      say("  stop         Ctrl-C, or openclaw down")
    } catch {
      await stack.stop()
      throw error
    }
    await keepServers(of: stack, journal) { await stop.wait() }
    await journal.end()
    await stack.stop()
  }

  /// Keeps the servers running for as long as the body takes.
  private static func keepServers(
    of stack: LocalStack, _ journal: RunJournal, while body: () async -> Void
  ) async {
    await withTaskGroup(of: Void.self) { group in
      for service in stack.services { group.addTask { await supervise(service, journal) } }
      await body()
      group.cancelAll()
    }
  }

  /// Keeps everything running until the stop; then ends the gateway and the workers, so that they
  /// can finish, and the servers after them.
  private func supervise(_ system: LocalSystem, until stop: StopRequest) async throws {
    for migration in try await system.migrate() {
      Self.say("  ✓ migration  \(migration.number) \(migration.name)")
    }
    let (token, user) = try await system.ensureOperator()
    let gateway = try await system.gateway()
    await Self.keepServers(of: system.stack, system.journal) {
      await withTaskGroup(of: Void.self) { group in
        group.addTask { await Self.supervise(gateway, system.journal) }
        group.addTask { await Self.runWorkers(of: system) }
        group.addTask { await Self.renewToken(of: system) }
        group.addTask { await greet(system, token: token.secret, user: user) }
        await stop.wait()
        group.cancelAll()
      }
    }
  }

  /// Tells when the parts are ready; whatever goes wrong here, the system goes on.
  private func greet(_ system: LocalSystem, token: String, user: UserID) async {
    do {
      try await system.waitForGateway(within: .seconds(60))
      Self.say("  ✓ gateway    \(system.gatewayURL)")
      try await system.waitForWorkers(within: .seconds(60))
      Self.say("  ✓ workers    \(await system.workerSummary)")
      Self.say("  \(try await Self.modelLine())")
      Self.say("  ✓ token      \(system.connections.operatorToken.path)")
      if sample {
        try await SampleJob(system: system, token: token, user: user, say: Self.say).run()
      }
      Self.say(
        """

          try          openclaw jobs enqueue agent:main "What time is it?" --follow
                       curl -H "Authorization: Bearer $(cat \(system.connections.operatorToken.path))" \
        \(system.gatewayURL)/api/v1/jobs
          stop         Ctrl-C, or openclaw down
        """)
    } catch is CancellationError {
      return
    } catch {
      Self.say("  ! \(error); it goes on trying, see `openclaw status`")
    }
  }

  private static func runWorkers(of system: LocalSystem) async {
    do {
      try await system.runWorkers {
        await supervise($0, system.journal)
      } say: {
        say("  \($0)")
      }
    } catch {
      say("  ! the workers cannot be kept: \(error)")
    }
  }

  /// Sees to it that the operator's token stays valid for another day, in the same file.
  private static func renewToken(of system: LocalSystem) async {
    // The sleep ends early, with an error, when the system stops.
    while (try? await Task.sleep(for: .seconds(3600))) != nil {
      do {
        _ = try await system.ensureOperator()
      } catch {
        say("  ! the operator's token cannot be looked after: \(error); again in an hour")
      }
    }
  }

  /// Keeps a part running until the task is cancelled, and tells what happens to it.
  private static func supervise(_ part: any LocalService, _ journal: RunJournal) async {
    let service = SupervisedService(part)
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await service.run() }
      group.addTask { await tell(service.events, journal) }
    }
  }

  private static func tell(
    _ events: AsyncStream<SupervisionEvent>, _ journal: RunJournal
  ) async {
    var hasStarted = false
    for await event in events {
      switch event {
      case .started(let name):
        if hasStarted { say("  ✓ \(name) is back") }
        hasStarted = true
        await journal.note(name, "running")
      case .ended(let name, let status, let wait):
        say("  ! \(name) ended (\(status)); it is started again in \(wait.shown)")
        await journal.note(name, "restarting", "\(status)")
      case .startFailed(let name, let error, let wait):
        say("  ! \(name) did not start: \(error); next try in \(wait.shown)")
        await journal.note(name, "restarting", "\(error)")
      case .stopped(let name):
        await journal.note(name, "stopped")
      }
    }
  }

  /// Which model the agents ask.
  private static func modelLine() async throws -> String {
    guard let openAI = try ModelSettings(try await SettingsReader()).openAI else {
      return
        "! model      builtin/demo (offline; set OPENAI_API_KEY or OPENAI_BASE_URL for a real one)"
    }
    let endpoint = openAI.baseURL.map { HTTPRequest(url: $0).endpoint } ?? "https://api.openai.com"
    return "✓ model      openai/\(openAI.model) at \(endpoint)"
  }

  private static func say(_ line: String) {
    StandardStream.output.tell(line)
  }
}

extension Duration {
  /// Seconds with one digit: `0.5 s`.
  var shown: String {
    let (seconds, attoseconds) = components
    return "\(seconds).\(attoseconds / 100_000_000_000_000_000) s"
  }
}
