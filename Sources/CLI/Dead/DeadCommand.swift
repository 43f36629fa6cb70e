import ArgumentParser

/// The noun `dead`.
struct DeadCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dead",
    abstract: "See the steps that will not be tried again; do them again, or drop them.",
    discussion: """
      A step is dead when its attempts are used up or its error is permanent. `jobs show` shows it \
      among the steps of its job. Everybody has their own; who may operate has those of all users.
      """,
    subcommands: [
      ListDeadCommand.self, ShowDeadCommand.self, GroupDeadCommand.self, RedriveCommand.self,
      DropDeadCommand.self,
    ])
}
