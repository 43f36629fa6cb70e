import ArgumentParser
import Jobs

/// `openclaw jobs events`.
struct EventsCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "events", abstract: "Print a job's history and what happens from now on.",
    discussion: """
      Reads the gateway's event stream until the job is over, over a new connection where one was \
      cut. As `jsonl` each line is an event as it was sent (CloudEvents 1.0); as `json` and `yaml` \
      there is one document at the end. Exits as the job ended: 0, 1 or 2.

      EXAMPLES
        openclaw jobs events 0199c0de-0000-7000-8000-000000000000 --after 7 -o jsonl
        openclaw jobs events 0199c0de-0000-7000-8000-000000000000 --text
      """)

  @Argument(help: "The job's id.")
  var id: JobID

  @Option(help: ArgumentHelp("Only what comes after this event.", valueName: "seq"))
  var after: Int64 = 0

  @Flag(help: "Print nothing but what the agent writes, as it comes.")
  var text = false

  @OptionGroup(title: "Gateway") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func validate() throws {
    guard after >= 0 else { throw ValidationError("--after takes 0 or the number of an event.") }
    guard !text || output.format == .table else {
      throw ValidationError("--text is plain text; leave out -o.")
    }
  }

  func perform(with client: GatewayClient, on console: Console) async throws -> ExitStatus {
    let printer = EventPrinter(console: console, isText: text)
    try await JobFollower(client: client, knowsGateway: false)
      .follow(id, after: after) { try await printer.take($0) }
    // The end may lie before what was asked for.
    let job = try await client.job(id, knowsGateway: true)
    try await printer.end(job)
    return job.exitStatus
  }
}
