public import ArgumentParser
public import Jobs

/// The noun `jobs`.
struct JobsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "jobs", abstract: "Enqueue jobs, list, show and watch them.",
    subcommands: [
      EnqueueCommand.self, ListJobsCommand.self, ShowJobCommand.self, WatchJobCommand.self,
    ])
}

extension Identifier<JobKind>: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}

extension Target: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}

extension Priority: ExpressibleByArgument {
  public init?(argument: String) { self.init(name: argument) }

  public static var allValueStrings: [String] { allCases.map(\.name) }
}

extension JobState: ExpressibleByArgument {
  public init?(argument: String) {
    guard let state = Self.allCases.first(where: { $0.name == argument }) else { return nil }
    self = state
  }

  public static var allValueStrings: [String] { allCases.map(\.name) }
}
