import ArgumentParser

/// The noun `webhooks`.
struct WebhooksCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "webhooks", abstract: "Have a URL told of the ends of jobs.",
    subcommands: [
      ListWebhooksCommand.self, CreateWebhookCommand.self, ShowWebhookCommand.self,
      EditWebhookCommand.self, DeleteWebhookCommand.self, RotateWebhookCommand.self,
      ListDeliveriesCommand.self, ReplayDeliveryCommand.self,
    ])
}
