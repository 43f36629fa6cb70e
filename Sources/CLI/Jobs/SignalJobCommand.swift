import ArgumentParser
import Jobs

/// `openclaw jobs signal`.
struct SignalJobCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "signal", abstract: "Send a job a signal that it waits for, or will.",
    discussion: """
      What waits for the name takes it and gets the payload; one that comes before anything waits \
      is kept. Each call is a signal of its own. Exits 6 when the job is over.

      EXAMPLES
        openclaw jobs signal 0199c0de-0000-7000-8000-000000000000 approved
        openclaw jobs signal 0199c0de-0000-7000-8000-000000000000 answer "Take the blue one"
        openclaw jobs signal 0199c0de-0000-7000-8000-000000000000 answer '{"color":"blue"}' --json
      """)

  @Argument(help: "The job's id.")
  var id: JobID

  @Argument(help: "The signal's name, such as approved.")
  var name: SignalName

  @Argument(help: "What the waiting call returns: text; `-` reads standard input.")
  var payload: String?

  @Flag(help: "The payload is JSON.")
  var json = false

  @OptionGroup(title: "Gateway") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func validate() throws {
    if json, payload == nil { throw ValidationError("--json goes with a PAYLOAD.") }
  }

  func perform(with client: GatewayClient, on console: Console) async throws -> ExitStatus {
    let source = JobInput(argument: payload, file: nil, isJSON: json, fallback: .null)
    let content = payload == nil ? nil : try source.value(console.surroundings)
    do {
      let answer = try await client.signal(name, to: id, payload: content)
      try console.show(answer) {
        let isTaken = answer["state"] == "taken"
        return "signal \(name) is \(isTaken ? "taken" : "kept until something waits for it")"
      }
    } catch let error as CommandError where error.isInDoubt {
      throw error.alsoHinting("It may have come: openclaw jobs signals \(id)")
    }
    return .ok
  }
}
