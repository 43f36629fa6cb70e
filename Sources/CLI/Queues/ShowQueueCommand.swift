import ArgumentParser
import Jobs

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
      ("rate in", "\(QueueBoard.rate(lane.rateIn))/s"),
      ("rate out", "\(QueueBoard.rate(lane.rateOut))/s"),
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
    if let rung = lane.document["rung"]?.int { lines.append(("rung anew", "\(rung)")) }
    if let surplus = lane.document["surplus"]?.int { lines.append(("surplus", "\(surplus)")) }
    return lines.map { name, value in
      "\(name.padded(to: 12)) \(TerminalText.neutralized(value, keepsLines: false))"
    }.joined(separator: "\n")
  }
}
