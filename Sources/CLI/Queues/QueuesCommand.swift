import ArgumentParser

/// The noun `queues`.
struct QueuesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "queues",
    abstract: "See what waits, what runs and how fast it goes; pause it, and let it go on.",
    subcommands: [
      ListQueuesCommand.self, ShowQueueCommand.self, WatchQueuesCommand.self,
      PauseQueueCommand.self, ResumeQueueCommand.self,
    ])
}
