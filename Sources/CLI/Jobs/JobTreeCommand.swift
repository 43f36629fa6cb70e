import ArgumentParser
import Jobs

/// `openclaw jobs tree`.
struct JobTreeCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "tree", abstract: "Show the tree of jobs that a job is part of.",
    discussion: """
      The job that a user asked for, and below each one those that it has delegated; 1,000 at \
      most. Any job of the tree names it.
      """)

  @Argument(help: "The job's id.")
  var id: JobID

  @OptionGroup(title: "Gateway") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func perform(with client: GatewayClient, on console: Console) async throws -> ExitStatus {
    let document = try await client.tree(of: id)
    let jobs = try (document["items"]?.elements ?? []).map { try JobView($0) }
    try console.show(jobs.map(\.document), of: document) {
      console.text(of: JobTree(jobs).lines(marking: id))
    }
    if document["truncated"] == .bool(true) { console.say("the tree has more jobs than these") }
    return .ok
  }
}
