public import ArgumentParser
public import Jobs

/// The noun `pauses`.
struct PausesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pauses", abstract: "See what is paused, pause more, and let it go on.",
    discussion: """
      A key names the steps: pool:agent.main, lane:agent.main.low, priority:low, user:<id>, \
      agent:main, skill:files.read, provider:openai or webhook:<id>. `queues pause` does the same \
      for a pool or a lane.
      """,
    subcommands: [ListPausesCommand.self, SetPauseCommand.self, LiftPauseCommand.self])
}

extension GateKey: ExpressibleByArgument {
  /// Such as `pool:agent.main`, `user:*` or `skill:files.read`.
  public init?(argument: String) { self.init(argument) }
}
