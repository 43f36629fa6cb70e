import ArgumentParser
import Jobs

/// `openclaw webhooks list`.
struct ListWebhooksCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the webhooks.")

  @OptionGroup(title: "Gateway") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func perform(with client: GatewayClient, on console: Console) async throws -> ExitStatus {
    let page = try await client.webhooks()
    let webhooks = try (page["items"]?.elements ?? []).map { try WebhookView($0) }
    try console.show(webhooks.map(\.document), of: page) { console.table(of: webhooks) }
    return .ok
  }
}
