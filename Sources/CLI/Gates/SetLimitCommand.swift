import ArgumentParser
import Jobs

/// `openclaw limits set`.
struct SetLimitCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "set", abstract: "Limit how many steps run at once.",
    discussion: """
      What would exceed it is held, and goes on as one ends. 0 lets none start. Needs a token that \
      may operate.

      EXAMPLE
        openclaw limits set provider:openai 8
      """)

  @Argument(help: "Which steps, such as agent:main; `limits --help` lists the forms.")
  var key: GateKey

  @Argument(help: ArgumentHelp("0 to 100000.", valueName: "n"))
  var maximum: Int

  @OptionGroup var subject: SubjectTerms

  @OptionGroup(title: "Gateway") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func validate() throws {
    guard key.canBeLimited else {
      throw ValidationError(
        "Workers limit pools, lanes and priorities: see `pools scale` and `pauses set`.")
    }
    guard (0...100_000).contains(maximum) else { throw ValidationError("N is 0 to 100000.") }
  }

  func perform(with client: GatewayClient, on console: Console) async throws -> ExitStatus {
    let limit = try await client.limit(
      key, subject.adding(to: ["maximum": .integer(Int64(maximum))]))
    try console.show(limit.document) { console.table(of: [limit]) }
    return .ok
  }
}
