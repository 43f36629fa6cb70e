import ArgumentParser
import Jobs

/// `openclaw webhooks create`.
struct CreateWebhookCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "create", abstract: "Make a webhook and print its secret.",
    discussion: """
      The secret is shown once. Requests are signed by Standard Webhooks 1.0, so that any of its \
      libraries verifies them. Exits 6 when the name is taken.

      EXAMPLES
        openclaw webhooks create https://example.com/hooks/openclaw --name ops
        openclaw webhooks create https://example.com/h --event job.failed --no-all-jobs
      """)

  @Argument(help: "Where requests go: https, and a public address.")
  var url: String

  @Option(help: ArgumentHelp("What it shall be called.", valueName: "name"))
  var name: String?

  @OptionGroup var terms: WebhookTerms

  @OptionGroup(title: "Gateway") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func perform(with client: GatewayClient, on console: Console) async throws -> ExitStatus {
    var request = terms.members
    request["url"] = .string(url)
    request["name"] = name.map { .string($0) }
    do {
      try console.show(secretOf: try await client.createWebhook(request))
    } catch let error as CommandError where error.isInDoubt {
      throw error.alsoHinting("It may be there: openclaw webhooks list")
    }
    return .ok
  }
}
