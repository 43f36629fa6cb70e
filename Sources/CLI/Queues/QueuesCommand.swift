import ArgumentParser
import Jobs

/// The noun `queues`.
struct QueuesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "queues", abstract: "See what waits, what runs and how fast it goes.",
    subcommands: [ListQueuesCommand.self, ShowQueueCommand.self, WatchQueuesCommand.self])
}

/// `openclaw queues list`.
struct ListQueuesCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the queues, a row for each pool.",
    discussion: """
      READY steps may be claimed, RUN are running, LATER wait for a retry or a delay, DEAD will \
      not be tried again. BUSY is slots in use of all. The rates are of the last minute. On a \
      narrow terminal the last columns are left out.
      """)

  @Flag(help: "A row for each lane: a pool at a priority.")
  var lanes = false

  @Option(help: "Only this pool.")
  var pool: String?

  @OptionGroup(title: "Gateway") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func perform(with client: GatewayClient, on console: Console) async throws -> ExitStatus {
    let sample = try await QueueSample(client, pool: pool)
    var board = QueueBoard(showsLanes: lanes)
    board.take(sample.lanes, sample.pools)
    try console.show(sample.lanes.map(\.document), of: sample.document) {
      console.text(of: board.lines(width: console.width, showsCourse: false))
    }
    return .ok
  }
}

/// `openclaw queues show`.
struct ShowQueueCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show a lane with all that is known.")

  @Argument(help: "The lane, such as agent.main.urgent; its queue's full name does, too.")
  var lane: String

  @OptionGroup(title: "Gateway") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func perform(with client: GatewayClient, on console: Console) async throws -> ExitStatus {
    let lane = try await client.lane(lane)
    try console.show(lane.document) { Self.details(lane) }
    return .ok
  }

  private static func details(_ lane: LaneView) -> String {
    var lines: [(String, String)] = [
      ("lane", lane.name), ("queue", lane.document["queue"]?.text ?? ""),
      ("ready", "\(lane.ready)"), ("running", "\(lane.running)"), ("later", "\(lane.later)"),
      ("dead", "\(lane.dead)"),
      ("oldest", lane.oldestAge.map { Duration.seconds($0).brief } ?? "–"),
      ("rate in", "\(lane.rateIn)/s"), ("rate out", "\(lane.rateOut)/s"),
      ("workers", "\(lane.consumers)"), ("unconfirmed", "\(lane.unconfirmed)"),
    ]
    if case .object(let reasons)? = lane.document["held"] {
      for (reason, count) in reasons.sortedByKey {
        lines.append(("held", "\(count.int ?? 0) by \(reason)"))
      }
    }
    if let broker = lane.document["broker"], let messages = broker["messages"]?.int {
      lines.append(("broker", "\(messages) messages, \(broker["consumers"]?.int ?? 0) consumers"))
    } else {
      lines.append(("broker", "does not answer"))
    }
    return lines.map { name, value in
      "\(name.padded(to: 12)) \(TerminalText.neutralized(value, keepsLines: false))"
    }.joined(separator: "\n")
  }
}
