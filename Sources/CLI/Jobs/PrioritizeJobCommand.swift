import ArgumentParser
import Jobs

/// `openclaw jobs priority`.
struct PrioritizeJobCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "priority", abstract: "Change the priority of a job that is not over.",
    discussion: """
      And of all that it has delegated. What runs goes on; what waits changes its lane. Exits 6 \
      when the job is over.
      """)

  @Argument(help: "The job's id.")
  var id: JobID

  @Argument(help: "How urgent it is from now on.")
  var priority: Priority

  @OptionGroup(title: "Gateway") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func perform(with client: GatewayClient, on console: Console) async throws -> ExitStatus {
    try console.show(job: try await client.prioritize(id, priority))
    return .ok
  }
}
