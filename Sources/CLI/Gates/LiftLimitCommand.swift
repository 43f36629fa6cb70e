import ArgumentParser
import Jobs

/// `openclaw limits lift`.
struct LiftLimitCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "lift", abstract: "Lift a limit.",
    discussion: """
      Prints the limit as it was. Exits 3 when there is none. Needs a token that may operate.
      """)

  @Argument(help: "What is limited, as `limits list` shows it.")
  var key: GateKey

  @OptionGroup(title: "Gateway") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func perform(with client: GatewayClient, on console: Console) async throws -> ExitStatus {
    let limit = try await client.lift(key)
    try console.show(limit.document) { console.table(of: [limit]) }
    console.remark("it is lifted")
    return .ok
  }
}
