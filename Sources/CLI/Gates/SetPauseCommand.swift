import ArgumentParser
import Jobs

/// `openclaw pauses set`.
struct SetPauseCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "set", abstract: "Pause a set of steps, or change its pause.",
    discussion: """
      None of them starts within a second; what runs goes on. Needs a token that may operate.

      EXAMPLE
        openclaw pauses set provider:openai --reason "provider outage" --for 30m
      """)

  @Argument(help: "Which steps, such as agent:main; `pauses --help` lists the forms.")
  var key: GateKey

  @OptionGroup var terms: PauseTerms

  @OptionGroup var subject: SubjectTerms

  @OptionGroup(title: "Gateway") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func validate() throws {
    guard key.canBePaused else { throw ValidationError("\(key) can be limited, not paused.") }
  }

  func perform(with client: GatewayClient, on console: Console) async throws -> ExitStatus {
    try console.show(pause: try await client.pause(key, subject.adding(to: terms.members)))
    return .ok
  }
}
