import ArgumentParser
import Jobs

/// `openclaw queues pause`.
struct PauseQueueCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "pause", abstract: "Pause a pool or a lane.",
    discussion: """
      None of its steps starts within a second; what runs goes on, and jobs are still accepted. \
      Again, it changes the reason, and the length if it is given. Needs a token that may operate.

      EXAMPLE
        openclaw queues pause agent.main.low --reason "nightly backup" --for 30m
      """)

  @Argument(help: "A pool, such as agent.main, or a lane, such as agent.main.low.")
  var queue: String

  @OptionGroup var terms: PauseTerms

  @OptionGroup(title: "Gateway") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func perform(with client: GatewayClient, on console: Console) async throws -> ExitStatus {
    try console.show(pause: try await client.pause(queue: queue, terms.members))
    console.remark("let it go on: openclaw queues resume \(queue)")
    return .ok
  }
}
