import ArgumentParser
import Jobs

/// `openclaw batches create`.
struct CreateBatchCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "create", abstract: "Make a batch: of the jobs of a file, or an open one.",
    discussion: """
      Of a file, or of standard input, it is closed with its last job. Each job is accepted or \
      rejected by itself; exits 1 when any was rejected. Without a file the batch is open: add \
      jobs with `jobs enqueue --batch-id`, then close it. The request carries an idempotency key, \
      so that there is one batch however often it was sent.

      EXAMPLES
        openclaw batches create jobs.ndjson --name nightly
        openclaw batches create jobs.json --on failure --callback agent:main \\
          --callback-input 'Look into batch ${batch.id}'
        openclaw batches create --name photos
      """)

  @Argument(
    help: ArgumentHelp(
      "The jobs: one JSON object per line, or one array.", valueName: "file|-"))
  var file: String?

  @Option(help: ArgumentHelp("What it shall be called.", valueName: "name"))
  var name: SessionName?

  @OptionGroup var callback: CallbackTerms
  @OptionGroup var key: RequestKey

  @OptionGroup(title: "Gateway") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func perform(with client: GatewayClient, on console: Console) async throws -> ExitStatus {
    var request: [String: JSONValue] = [:]
    request["name"] = name.map { .string("\($0)") }
    request["callback"] = try callback.value()
    let key = key.value
    guard let file = try file.map({ try BatchFile(reading: $0, console.surroundings) }) else {
      let batch = try await RequestKey.keeping(key) {
        try await client.createBatch(request, key: key)
      }
      try console.show(batch: batch)
      console.remark("fill it: openclaw jobs enqueue TARGET INPUT --batch-id \(batch.id)")
      return .ok
    }
    let intake = BatchIntake(client: client, request: request, key: key)
    let (batch, outcome) = try await RequestKey.keeping(key) { try await intake.send(file) }
    try console.show(batch: batch, outcome)
    console.remark("wait for it: openclaw batches wait \(batch.id)")
    return outcome.rejected == 0 ? .ok : .failed
  }
}
