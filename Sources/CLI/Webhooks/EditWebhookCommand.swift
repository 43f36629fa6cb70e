import ArgumentParser
import Jobs

/// `openclaw webhooks edit`.
struct EditWebhookCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "edit", abstract: "Change a webhook; what is not given stays.",
    discussion: """
      EXAMPLES
        openclaw webhooks edit ops --event job.failed --event job.expired
        openclaw webhooks edit ops --to https://example.com/hooks/new
        openclaw webhooks edit ops --enable
      """)

  /// Whether it is told anything.
  enum Switch: String, EnumerableFlag, Sendable {
    case enable, disable
  }

  @OptionGroup var webhook: WebhookName

  @Option(help: ArgumentHelp("What it shall be called from now on.", valueName: "name"))
  var name: String?

  @Option(help: ArgumentHelp("Where requests go from now on.", valueName: "url"))
  var to: String?

  @OptionGroup var terms: WebhookTerms

  @Flag(help: "Tell it nothing for now, or go on.")
  var state: Switch?

  @OptionGroup(title: "Gateway") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func validate() throws {
    guard !members.isEmpty else {
      throw ValidationError("Give an option: nothing is to be changed.")
    }
  }

  func perform(with client: GatewayClient, on console: Console) async throws -> ExitStatus {
    try console.show(webhook: try await client.editWebhook(webhook.name, members))
    return .ok
  }

  private var members: [String: JSONValue] {
    var members = terms.members
    members["name"] = name.map { .string($0) }
    members["url"] = to.map { .string($0) }
    members["disabled"] = state.map { .bool($0 == .disable) }
    return members
  }
}
