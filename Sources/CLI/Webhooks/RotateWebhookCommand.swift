import ArgumentParser
import Jobs

/// `openclaw webhooks rotate`.
struct RotateWebhookCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "rotate", abstract: "Give a webhook a new secret and print it.",
    discussion: """
      Until the old secret ends, requests are signed with both, so that the receiver can change \
      over at any moment. Old secrets of earlier rotations go on until they end, too; five in \
      all at most. Give 0s when one is known to others: it ends all of them at once.

      EXAMPLE
        openclaw webhooks rotate ops --keep-old-for 2d
      """)

  @OptionGroup var webhook: WebhookName

  @Option(
    help: ArgumentHelp(
      "How long the old secret signs, too: 0s to 30d; 24h when not said.", valueName: "duration"))
  var keepOldFor: DurationArgument?

  @OptionGroup(title: "Gateway") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func perform(with client: GatewayClient, on console: Console) async throws -> ExitStatus {
    do {
      let rotated = try await client.rotateWebhook(webhook.name, keepingOldFor: keepOldFor?.text)
      try console.show(secretOf: rotated)
    } catch let error as CommandError where error.isInDoubt {
      throw error.alsoHinting("It may have a new secret, which nobody knows: rotate it again.")
    }
    return .ok
  }
}
