import ArgumentParser
import Jobs

/// `openclaw jobs show`.
struct ShowJobCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show a job, its result and its steps.",
    discussion: """
      TRIES counts the attempts at a step, and after a plus sign the workers that died with it. \
      Exits 0 however the job stands; `jobs watch` tells by its exit code.
      """)

  @Argument(help: "The job's id.")
  var id: JobID

  @OptionGroup(title: "Gateway") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func perform(with client: GatewayClient, on console: Console) async throws -> ExitStatus {
    let job = try await client.job(id)
    let steps = try await client.steps(of: id, knowsGateway: true)
    try console.show(job: job, steps: steps)
    return .ok
  }
}
