import ArgumentParser

/// `openclaw queues watch`.
struct WatchQueuesCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "watch", abstract: "Watch the queues until Ctrl-C.",
    discussion: """
      On a terminal the rows are drawn again in place; the marks at their end show how many steps \
      were ready in the last samples. Elsewhere there is one table, or one document, each time.
      """)

  @Option(help: ArgumentHelp("Look again after so long.", valueName: "seconds"))
  var interval = 1.0

  @Option(help: "End after so many looks.")
  var count: Int?

  @Flag(help: "A row for each lane: a pool at a priority.")
  var lanes = false

  @Option(help: "Only this pool.")
  var pool: String?

  @OptionGroup(title: "Gateway") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func validate() throws {
    guard (0.2...3600).contains(interval) else {
      throw ValidationError("--interval takes 0.2 to 3600 seconds.")
    }
    guard count ?? 1 > 0 else { throw ValidationError("--count takes 1 or more.") }
  }

  func perform(with client: GatewayClient, on console: Console) async throws -> ExitStatus {
    guard console.isLive(.output) else { return try await list(client, console) }
    let screen = QueueBoardScreen(
      QueueBoard(showsLanes: lanes), title: client.settings.url, console: console)
    do {
      try await withThrowingTaskGroup(of: Bool.self) { group in
        group.addTask {
          try await sample(client, screen, console)
          return true
        }
        group.addTask {
          for await _ in console.surroundings.resizes() { try await screen.draw() }
          return false
        }
        defer { group.cancelAll() }
        while try await group.next() == false {}
      }
    } catch {
      try await screen.end()
      throw error
    }
    try await screen.end()
    return .ok
  }

  private func sample(
    _ client: GatewayClient, _ screen: QueueBoardScreen, _ console: Console
  ) async throws {
    var client = client
    var looks = 0
    while true {
      do {
        try await screen.take(try await QueueSample(client, pool: pool))
        client.isPatient = false
      } catch let error as CommandError where looks > 0 && error.status == .unreachable {
        // It worked before: a restart is what one watches, too.
        try await screen.take(error)
      }
      looks += 1
      if looks == count { return }
      try await client.rest(.seconds(interval))
    }
  }

  private func list(_ client: GatewayClient, _ console: Console) async throws -> ExitStatus {
    var board = QueueBoard(showsLanes: lanes)
    var looks = 0
    while true {
      let sample = try await QueueSample(client, pool: pool, knowsGateway: looks > 0)
      board.take(sample.lanes, sample.pools)
      try console.show(sample.document) {
        let rows = console.text(of: board.lines(width: console.width, showsCourse: false))
        return (looks > 0 ? "\n" : "") + "\(sample.time)\n\(rows)"
      }
      looks += 1
      if looks == count { return .ok }
      try await client.rest(.seconds(interval))
    }
  }
}
