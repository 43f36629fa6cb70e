import ArgumentParser
import Jobs

/// `openclaw webhooks deliveries`.
struct ListDeliveriesCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "deliveries", abstract: "List what a webhook was told, the newest first.",
    discussion: "LAST tells why the last try failed, or its status; NEXT when the next one is.")

  @OptionGroup var webhook: WebhookName

  @OptionGroup var pages: PageOptions

  @OptionGroup(title: "Gateway") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func perform(with client: GatewayClient, on console: Console) async throws -> ExitStatus {
    let page = try await client.deliveries(of: webhook.name, pages.query)
    let deliveries = try (page["items"]?.elements ?? []).map { try DeliveryView($0) }
    try console.show(deliveries.map(\.document), of: page) { console.table(of: deliveries) }
    console.sayWhatFollows(page)
    return .ok
  }
}
