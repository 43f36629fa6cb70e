import ArgumentParser
import Jobs

/// `openclaw webhooks show`.
struct ShowWebhookCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show a webhook with all that is known, but for its secret.")

  @OptionGroup var webhook: WebhookName

  @OptionGroup(title: "Gateway") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func perform(with client: GatewayClient, on console: Console) async throws -> ExitStatus {
    let found = try await client.webhook(webhook.name)
    try console.show(found.document) { console.details(found) }
    return .ok
  }
}
