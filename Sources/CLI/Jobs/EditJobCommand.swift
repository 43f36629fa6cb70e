import ArgumentParser
import Jobs

/// `openclaw jobs edit`.
struct EditJobCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "edit", abstract: "Change the start or the input of a job that is not due yet.",
    discussion: """
      Exits 6 once the job is due; then only its priority can be changed. A start also counts for \
      steps that wait for their next attempt: --delay 0s makes it at once.

      EXAMPLES
        openclaw jobs edit 0199c0de-0000-7000-8000-000000000000 --delay 2h
        openclaw jobs edit 0199c0de-0000-7000-8000-000000000000 --input "Only the first chapter"
      """)

  @Argument(help: "The job's id.")
  var id: JobID

  @Option(
    help: ArgumentHelp(
      "Start it at a time, such as 2026-11-22T15:00:00+01:00.", valueName: "time"))
  var runAt: TimeArgument?

  @Option(
    help: ArgumentHelp("Start it so long from now, such as 90s or 1h30m.", valueName: "duration"))
  var delay: DurationArgument?

  @OptionGroup var input: NewInput

  @OptionGroup(title: "Gateway") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func validate() throws {
    if runAt != nil, delay != nil { throw ValidationError("Give either --run-at or --delay.") }
    guard runAt != nil || delay != nil || input.isGiven else {
      throw ValidationError("Give --run-at, --delay or --input: nothing is to be changed.")
    }
  }

  func perform(with client: GatewayClient, on console: Console) async throws -> ExitStatus {
    var changes: [String: JSONValue] = [:]
    changes["run_at"] = runAt.map { .string($0.text) }
    changes["delay"] = delay.map { .string($0.text) }
    if input.isGiven {
      // What is no JSON is text for an agent.
      let target = try await client.job(id).target
      changes["input"] = try input.value(for: target, console.surroundings)
    }
    let job = try await client.edit(id, changes, knowsGateway: input.isGiven)
    try console.show(job: job)
    return .ok
  }
}
