public import ArgumentParser
public import Jobs

/// The noun `workers`.
struct WorkersCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "workers", abstract: "See who works, and let workers finish and end.",
    subcommands: [ListWorkersCommand.self, DrainWorkerCommand.self])
}

extension WorkerRecord.State: ExpressibleByArgument {}
