import ArgumentParser
import Jobs

/// `openclaw webhooks delete`.
struct DeleteWebhookCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "delete", abstract: "Delete a webhook; what was to be sent to it is not.")

  @OptionGroup var webhook: WebhookName

  @OptionGroup(title: "Gateway") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func perform(with client: GatewayClient, on console: Console) async throws -> ExitStatus {
    try await client.deleteWebhook(webhook.name)
    try console.show(["webhook": .string(webhook.name), "deleted": true]) {
      TerminalText.neutralized("webhook \(webhook.name) is deleted", keepsLines: false)
    }
    return .ok
  }
}
