import ArgumentParser
import Jobs

/// `openclaw queues show`.
struct ShowQueueCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show a pool or a lane with all that is known.",
    discussion: "Of a pool, the sum of its lanes, and a row for each.")

  @Argument(
    help:
      "A pool, such as agent.main, or a lane, such as agent.main.low; its queue's name does, too.")
  var queue: String

  @OptionGroup(title: "Gateway") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func perform(with client: GatewayClient, on console: Console) async throws -> ExitStatus {
    let document = try await client.queue(queue)
    guard let (sum, lanes) = try LaneView.queue(document) else {
      let lane = try LaneView(document)
      try console.show(document) {
        Self.details(
          lane, of: document,
          [("lane", lane.name), ("queue", document["queue"]?.text ?? "")])
      }
      return .ok
    }
    var board = QueueBoard(showsLanes: true)
    board.take(lanes, [])
    try console.show(document) {
      Self.details(sum, of: document, [("pool", sum.name)]) + "\n\n"
        + console.text(of: board.lines(width: console.width, showsCourse: false))
    }
    return .ok
  }

  private static func details(
    _ lane: LaneView, of document: JSONValue, _ names: [(String, String)]
  ) -> String {
    var lines: [(String, String)] = names
    if let pause = lane.paused {
      lines.append(("paused", pause.text))
      lines.append(("until", pause.until.map { WireTime.short($0) } ?? "somebody resumes it"))
    }
    lines += [
      ("ready", "\(lane.ready)"), ("running", "\(lane.running)"), ("later", "\(lane.later)"),
      ("dead", "\(lane.dead)"),
      ("oldest", lane.oldestAge.map { Duration.seconds($0).brief } ?? "–"),
      ("rate in", "\(QueueBoard.rate(lane.rateIn))/s"),
      ("rate out", "\(QueueBoard.rate(lane.rateOut))/s"),
      ("workers", "\(lane.consumers)"), ("unconfirmed", "\(lane.unconfirmed)"),
    ]
    if case .object(let reasons)? = document["held"] {
      for (reason, count) in reasons.sortedByKey {
        lines.append(("held", "\(count.int ?? 0) by \(reason)"))
      }
    }
    if let broker = document["broker"], let messages = broker["messages"]?.int {
      lines.append(("broker", "\(messages) messages, \(broker["consumers"]?.int ?? 0) consumers"))
    } else {
      lines.append(("broker", "does not answer"))
    }
    if let rung = document["rung"]?.int { lines.append(("rung anew", "\(rung)")) }
    if let surplus = document["surplus"]?.int { lines.append(("surplus", "\(surplus)")) }
    return lines.map { name, value in
      "\(name.padded(to: 12)) \(TerminalText.neutralized(value, keepsLines: false))"
    }.joined(separator: "\n")
  }
}
