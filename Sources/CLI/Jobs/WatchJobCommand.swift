import ArgumentParser
import Jobs

/// `openclaw jobs watch`.
struct WatchJobCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "watch", abstract: "Show what happens to a job until its end, then the result.",
    discussion: """
      Exits 0 when the job succeeds, 1 when it fails or expires, 2 when it is \
      cancelled, 5 when the time is up. As `jsonl` there is one line per change \
      and the job as the last one.
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
    let watcher = JobWatcher(client: client, pause: console.surroundings.pause)
    let job = try await watcher.follow(id, until: deadline) { change in
      try console.showChange(change.document, line: change.line)
    }
    return try console.finish(job)
  }
}
