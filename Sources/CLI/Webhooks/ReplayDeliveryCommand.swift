import ArgumentParser
import Jobs

/// `openclaw webhooks replay`.
struct ReplayDeliveryCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay", abstract: "Tell a webhook again of what it was told.",
    discussion: "It gets the same webhook-id, by which it knows what it has had.")

  @OptionGroup var webhook: WebhookName

  @Argument(help: "The delivery's id, as `webhooks deliveries` shows it.")
  var delivery: DeliveryID

  @OptionGroup(title: "Gateway") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func perform(with client: GatewayClient, on console: Console) async throws -> ExitStatus {
    let replayed: DeliveryView
    do {
      replayed = try await client.replay(delivery, of: webhook.name)
    } catch let error as CommandError where error.isInDoubt {
      throw error.alsoHinting("It may be sent: openclaw webhooks deliveries \(webhook.name)")
    }
    try console.show(replayed.document) { console.table(of: [replayed]) }
    return .ok
  }
}
