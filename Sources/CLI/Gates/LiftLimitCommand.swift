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
    guard let limit = try await client.lift(key) else {
      try console.show(["key": .string("\(key)"), "lifted": true]) {
        "the limit of \(key) is lifted"
      }
      return .ok
    }
    try console.show(limit.document) { console.table(of: [limit]) }
    console.remark("it is lifted")
    return .ok
  }
}
