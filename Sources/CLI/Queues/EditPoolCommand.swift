import ArgumentParser

/// `openclaw pools edit`.
struct EditPoolCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "edit", abstract: "Say how long the steps of a pool should wait at most.",
    discussion: """
      A lane whose first step has waited for longer counts as one of the next higher priority, for \
      each time that it has done so, up to high. Needs a token that may operate.

      EXAMPLE
        openclaw pools edit agent.main --target-wait 30s
      """)

  @Argument(help: "The pool, such as agent.main.")
  var pool: String

  @Option(help: ArgumentHelp("From 1s to 1d.", valueName: "duration"))
  var targetWait: DurationArgument?

  @Flag(help: "Let them wait as long as it takes.")
  var noTargetWait = false

  @OptionGroup(title: "Gateway") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func validate() throws {
    guard (targetWait != nil) != noTargetWait else {
      throw ValidationError("Give --target-wait or --no-target-wait.")
    }
  }

  func perform(with client: GatewayClient, on console: Console) async throws -> ExitStatus {
    let pool = try await client.age(pool, after: targetWait?.text)
    try console.show(pool.document) { console.table(of: [pool]) }
    return .ok
  }
}
