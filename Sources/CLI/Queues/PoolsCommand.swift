import ArgumentParser

/// The noun `pools`.
struct PoolsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pools", abstract: "See the pools of workers, and scale them.",
    subcommands: [ListPoolsCommand.self, ScalePoolCommand.self, EditPoolCommand.self])
}
