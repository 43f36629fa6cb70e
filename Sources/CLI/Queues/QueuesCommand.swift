import ArgumentParser

/// The noun `queues`.
struct QueuesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "queues", abstract: "See what waits, what runs and how fast it goes.",
    subcommands: [ListQueuesCommand.self, ShowQueueCommand.self, WatchQueuesCommand.self])
}
