import ArgumentParser

/// The noun `limits`.
struct LimitsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "limits", abstract: "Say how many steps of a kind may run at once.",
    discussion: """
      A key names the steps: user:<id>, user:* (those of each user, counted by user), agent:main, \
      skill:files.read, provider:openai, webhook:<id> or webhook:* (the deliveries to each webhook, \
      counted by webhook; 2 from the start). Pools have as many as their workers run: `pools scale`.
      """,
    subcommands: [ListLimitsCommand.self, SetLimitCommand.self, LiftLimitCommand.self])
}
