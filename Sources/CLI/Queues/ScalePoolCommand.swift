import ArgumentParser
import Jobs

/// `openclaw pools scale`.
struct ScalePoolCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "scale", abstract: "Say how many workers a pool shall have, and wait for them.",
    discussion: """
      Works where something starts and stops workers of the pool, such as `openclaw up`. Workers \
      that are too many get 20 s to finish what they run and give the rest back; `workers drain` \
      gives one all the time it needs. Needs a token that may operate.

      EXAMPLE
        openclaw pools scale agent.main 3
      """)

  @Argument(help: "The pool, such as agent.main.")
  var pool: String

  @Argument(help: "0 to 256.")
  var workers: Int

  @Flag(help: "Say it and do not wait.")
  var noWait = false

  @Option(help: ArgumentHelp("Wait so long, then exit 5.", valueName: "seconds"))
  var timeout = 60

  @OptionGroup(title: "Gateway") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  private static let pause = Duration.milliseconds(250)

  func validate() throws {
    guard (0...PoolRecord.maximumDesired).contains(workers) else {
      throw ValidationError("a pool has 0 to \(PoolRecord.maximumDesired) workers.")
    }
    guard (1...86_400).contains(timeout) else {
      throw ValidationError("--timeout takes 1 to 86400 seconds.")
    }
  }

  func perform(with client: GatewayClient, on console: Console) async throws -> ExitStatus {
    let start = try await scaled(client)
    guard !noWait else {
      try show(start, console)
      return .ok
    }
    var region = LiveRegion()
    do {
      let end = try await wait(from: start, client) { pool, tick in
        guard console.isLive(.error) else { return }
        try console.draw(Self.frame(pool, to: workers, tick, &region, console), on: .error)
      }
      try close(&region, console)
      try show(end, console)
      guard end.workers == workers else {
        console.say("there are \(end.workers) of \(workers) workers yet; it goes on")
        return .waitTimedOut
      }
      return .ok
    } catch {
      try close(&region, console)
      throw error
    }
  }

  private func scaled(_ client: GatewayClient) async throws -> PoolView {
    do {
      return try await client.scale(pool, to: workers)
    } catch let error as CommandError where error.type == "pool_not_managed" {
      throw error.hinting(
        "Start workers by hand: openclaw-worker --pool \(pool), or all under openclaw up.")
    }
  }

  private func wait(
    from start: PoolView, _ client: GatewayClient,
    _ onLook: (PoolView, _ tick: Int) throws -> Void
  ) async throws -> PoolView {
    let deadline = ContinuousClock.now + .seconds(timeout)
    var pool = start
    var tick = 0
    while pool.workers != workers, ContinuousClock.now < deadline {
      try onLook(pool, tick)
      tick += 1
      try await client.rest(Self.pause)
      pool = try await client.pool(pool.name)
    }
    return pool
  }

  private static func frame(
    _ pool: PoolView, to wanted: Int, _ tick: Int, _ region: inout LiveRegion, _ console: Console
  ) -> String {
    let sign = Array("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏")[tick % 10]
    let line = StyledLine("  \(sign) ", .cyan).adding(pool.name, .bold)
      .adding("  \(pool.workers) of \(wanted) workers")
    return region.frame(
      lines: [line], size: console.surroundings.terminalSize(), isColored: console.isErrorColored)
  }

  private func close(_ region: inout LiveRegion, _ console: Console) throws {
    let size = console.surroundings.terminalSize()
    try console.draw(region.end(size: size, isColored: console.isErrorColored), on: .error)
  }

  private func show(_ pool: PoolView, _ console: Console) throws {
    try console.show(pool.document) { console.table(of: [pool]) }
  }
}
