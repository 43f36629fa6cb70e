public import ArgumentParser
public import Jobs

/// The noun `jobs`.
struct JobsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "jobs",
    abstract: "Enqueue jobs, follow them, change them, cancel them, do them again.",
    subcommands: [
      EnqueueCommand.self, ListJobsCommand.self, ShowJobCommand.self, WatchJobCommand.self,
      WhyCommand.self, JobTreeCommand.self, EventsCommand.self, ResultCommand.self,
      PrioritizeJobCommand.self, EditJobCommand.self, CancelJobsCommand.self, RetryJobCommand.self,
      SignalJobCommand.self, ListSignalsCommand.self,
    ])
}

extension Identifier: ExpressibleByArgument {
  /// The canonical text form, in either case.
  public init?(argument: String) { self.init(argument) }
}

extension Target: ExpressibleByArgument {
  /// `agent:<name>` or `skill:<namespace>.<verb>`.
  public init?(argument: String) { self.init(argument) }
}

extension Priority: ExpressibleByArgument {
  /// The name used in requests.
  public init?(argument: String) { self.init(name: argument) }

  /// What help texts and completions list.
  public static var allValueStrings: [String] { allCases.map(\.name) }
}

extension JobState: ExpressibleByArgument {
  /// The name used in the API.
  public init?(argument: String) {
    guard let state = Self.allCases.first(where: { $0.name == argument }) else { return nil }
    self = state
  }

  /// What help texts and completions list.
  public static var allValueStrings: [String] { allCases.map(\.name) }
}

extension SessionName: ExpressibleByArgument {
  /// 1 to 128 characters of `A-Z a-z 0-9 _ . : -`.
  public init?(argument: String) { self.init(argument) }
}

extension SignalName: ExpressibleByArgument {
  /// 1 to 128 characters of `A-Z a-z 0-9 _ . : -`.
  public init?(argument: String) { self.init(argument) }
}

extension Uniqueness.Scope: ExpressibleByArgument {}
