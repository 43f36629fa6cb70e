import ArgumentParser
import Jobs

/// `openclaw webhooks deliveries`.
struct ListDeliveriesCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "deliveries", abstract: "List what a webhook was told, the newest first.",
    discussion: "LAST tells why the last try failed, or its status; NEXT when the next one is.")

  @OptionGroup var webhook: WebhookName

  @Option(help: "How many, 1 to 200.")
  var limit = 50

  @Option(help: "Where the page before ended; it said so.")
  var cursor: String?

  @OptionGroup(title: "Gateway") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func validate() throws {
    guard (1...200).contains(limit) else { throw ValidationError("--limit takes 1 to 200.") }
  }

  func perform(with client: GatewayClient, on console: Console) async throws -> ExitStatus {
    var query = [(name: "limit", value: "\(limit)")]
    if let cursor { query.append((name: "cursor", value: cursor)) }
    let page = try await client.deliveries(of: webhook.name, query)
    let deliveries = try (page["items"]?.elements ?? []).map { try DeliveryView($0) }
    try console.show(deliveries.map(\.document), of: page) { console.table(of: deliveries) }
    if let next = page["next_cursor"]?.text, [.table, .jsonl].contains(console.format) {
      console.say("more: --cursor \(next)")
    }
    return .ok
  }
}
