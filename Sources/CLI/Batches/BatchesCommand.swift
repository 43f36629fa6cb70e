public import ArgumentParser
public import Jobs

/// The noun `batches`.
struct BatchesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "batches", abstract: "Sets of jobs with an end of their own.",
    subcommands: [
      ListBatchesCommand.self, CreateBatchCommand.self, ShowBatchCommand.self,
      WaitBatchCommand.self, CloseBatchCommand.self, CancelBatchCommand.self,
    ])
}

extension CallbackCondition: ExpressibleByArgument {
  /// The name used in the API.
  public init?(argument: String) {
    guard let condition = Self.allCases.first(where: { $0.name == argument }) else { return nil }
    self = condition
  }

  /// What help texts and completions list.
  public static var allValueStrings: [String] { allCases.map(\.name) }
}
