import ArgumentParser
import Jobs

/// `openclaw pauses lift`.
struct LiftPauseCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "lift", abstract: "End a pause.",
    discussion: "Exits 3 when there is none. Needs a token that may operate.")

  @Argument(help: "What is paused, as `pauses list` shows it.")
  var key: GateKey

  @OptionGroup(title: "Gateway") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func perform(with client: GatewayClient, on console: Console) async throws -> ExitStatus {
    try console.show(resumed: try await client.resume(key))
    return .ok
  }
}
