import ArgumentParser
import Jobs

/// `openclaw queues resume`.
struct ResumeQueueCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "resume", abstract: "End the pause of a pool or a lane.",
    discussion: """
      A lane whose pool or priority is paused, too, does not go on: `pauses list`. Exits 3 when it \
      is not paused. Needs a token that may operate.
      """)

  @Argument(help: "A pool, such as agent.main, or a lane, such as agent.main.low.")
  var queue: String

  @OptionGroup(title: "Gateway") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func perform(with client: GatewayClient, on console: Console) async throws -> ExitStatus {
    try console.show(resumed: try await client.resume(queue: queue))
    return .ok
  }
}
