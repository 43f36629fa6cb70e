import ArgumentParser
import Jobs

/// `openclaw jobs retry`.
struct RetryJobCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "retry", abstract: "Do a failed, cancelled or expired job again, as a new job.",
    discussion: "Prints the new job, which names the old one. Each call makes one more.")

  @Argument(help: "The old job's id.")
  var id: JobID

  @Flag(help: "Show what happens until the end, then the result.")
  var follow = false

  @OptionGroup(title: "Gateway") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func perform(with client: GatewayClient, on console: Console) async throws -> ExitStatus {
    let job: JobView
    do {
      job = try await client.retry(id)
    } catch let error as CommandError where error.isInDoubt {
      throw error.alsoHinting("There may be a new job: openclaw jobs list")
    }
    return try await JobFollowing(client: client, console: console, screen: .error)
      .finish(job, isFollowed: follow)
  }
}
