import ArgumentParser
import Jobs

/// `openclaw jobs watch`.
struct WatchJobCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "watch", abstract: "Show what happens to a job until its end, then the result.",
    discussion: """
      On a terminal the steps appear as they end, with the text that the agent is writing below \
      them. Exits 0 when the job succeeds, 1 when it fails or expires, 2 when it is cancelled, 5 \
      when the time is up. As `jsonl` there is one event per line and the job as the last one.
      """)

  @Argument(help: "The job's id.")
  var id: JobID

  @Option(help: ArgumentHelp("Give up after so long and exit 5.", valueName: "seconds"))
  var timeout: Int?

  @OptionGroup(title: "Gateway") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func validate() throws {
    if let timeout, !(1...604_800).contains(timeout) {
      throw ValidationError("--timeout takes 1 to 604800 seconds.")
    }
  }

  func perform(with client: GatewayClient, on console: Console) async throws -> ExitStatus {
    let deadline = timeout.map { ContinuousClock.now + .seconds($0) }
    let job = try await client.job(id)
    let end = try await JobFollowing(client: client, console: console, screen: .output)
      .follow(job, until: deadline)
    return try console.finish(end)
  }
}
