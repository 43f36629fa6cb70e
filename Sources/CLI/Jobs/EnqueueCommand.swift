import ArgumentParser
import Jobs

/// `openclaw jobs enqueue`.
struct EnqueueCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "enqueue", abstract: "Enqueue a job, or a file of jobs.",
    discussion: """
      The request carries an idempotency key and is repeated with the same key \
      when its outcome is in doubt or the gateway is busy, so that there is one \
      job however often it was sent.

      EXAMPLES
        openclaw jobs enqueue agent:main "What time is it?" --wait 30
        openclaw jobs enqueue agent:main --input-file ask.txt --priority high
        openclaw jobs enqueue skill:files.read '{"path":"README.md"}' --wait 10
        git diff | openclaw jobs enqueue agent:main - --follow
        openclaw jobs enqueue agent:main "Tidy up" --delay 2h --unique-key tidy
        openclaw jobs enqueue --batch jobs.ndjson -o jsonl
      """)

  @Argument(help: "agent:<name> or skill:<namespace>.<verb>.")
  var target: Target?

  @Argument(
    help: """
      What to do: text for an agent, JSON for a skill; `-` reads standard input. A skill gets {} \
      when there is none.
      """)
  var input: String?

  @Option(
    help: ArgumentHelp("Take the input from a file, or from standard input.", valueName: "file|-"))
  var inputFile: String?

  @Flag(help: "The input is JSON, for an agent too.")
  var json = false

  @Option(help: "How urgent it is.")
  var priority: Priority?

  @Option(
    help: ArgumentHelp(
      "The same key within 24 hours means the same job. Made up when there is none.",
      valueName: "key"))
  var idempotencyKey: String?

  @Option(help: ArgumentHelp("Wait so long for the end, then exit 5.", valueName: "seconds"))
  var wait: Int?

  @Flag(help: "Show what happens until the end, then the result.")
  var follow = false

  @Option(
    help: ArgumentHelp(
      """
      Enqueue the jobs of a file, or of standard input: one JSON object per line, or one array. \
      Each is accepted or rejected by itself; exits 1 when any was rejected.
      """, valueName: "file|-"))
  var batch: String?

  @OptionGroup(title: "When and how") var terms: JobTermOptions
  @OptionGroup(title: "Gateway") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func validate() throws {
    if let wait, !(1...86_400).contains(wait) {
      throw ValidationError("--wait takes 1 to 86400 seconds.")
    }
    if input != nil, inputFile != nil {
      throw ValidationError("Give either INPUT or --input-file.")
    }
    guard (target == nil) == (batch != nil) else {
      throw ValidationError("Give a target, or --batch.")
    }
    let isAlone = inputFile == nil && wait == nil && !follow && priority == nil && !json
    if batch != nil, !isAlone || !terms.members.isEmpty {
      throw ValidationError("--batch goes with --idempotency-key and -o alone.")
    }
    let isKey = { (key: String) in
      (1...255).contains(key.utf8.count) && key.utf8.allSatisfy { (0x20...0x7E).contains($0) }
    }
    if let idempotencyKey, !isKey(idempotencyKey) {
      throw ValidationError("--idempotency-key takes 1 to 255 printable ASCII characters.")
    }
  }

  func perform(with client: GatewayClient, on console: Console) async throws -> ExitStatus {
    guard let target else { return try await enqueueBatch(client, console) }
    let start = ContinuousClock.now
    let job = try await enqueue(target, client, console)
    guard follow || wait != nil else {
      try console.show(job: job)
      console.remark("watch it: openclaw jobs watch \(job.id)")
      return .ok
    }
    do {
      let deadline = wait.map { start + .seconds($0) }
      return try console.finish(try await end(of: job, deadline, client, console))
    } catch {
      throw Self.cut(error, job)
    }
  }

  /// Whatever ended a wait, the job goes on, and is known by its id.
  static func cut(_ error: any Error, _ job: JobView) -> any Error {
    let known = error is CancellationError ? .interrupted : error as? CommandError
    return known?.hinting("The job goes on: openclaw jobs watch \(job.id)").about(job.id) ?? error
  }

  private func enqueue(
    _ target: Target, _ client: GatewayClient, _ console: Console
  ) async throws -> JobView {
    let isSkill = if case .skill = target { true } else { false }
    let source = JobInput(
      argument: input, file: inputFile, isJSON: isSkill || json, fallback: isSkill ? [:] : nil)
    var request: [String: JSONValue] = [
      "target": .string("\(target)"), "input": try source.value(console.surroundings),
    ]
    request["priority"] = priority.map { .string($0.name) }
    request.merge(terms.members) { $1 }
    // The job's id has to be known before the wait begins, or a cut would leave none.
    let (job, isDuplicate) = try await accepted(key: idempotencyKey) { key in
      try await client.enqueue(.object(request), key: key, wait: 0)
    }
    if isDuplicate { console.say("no new job: \(job.id) has the same unique key") }
    return job
  }

  private func enqueueBatch(
    _ client: GatewayClient, _ console: Console
  ) async throws -> ExitStatus {
    let source = JobInput(argument: nil, file: batch, isJSON: true, fallback: nil)
    let file = try BatchFile(try source.bytes(console.surroundings) ?? [])
    var outcome = BatchOutcome()
    let key = idempotencyKey ?? "cli-\(JobID())"
    for (number, batch) in file.batches.enumerated() {
      let part = file.batches.count == 1 ? key : "\(key)-\(number)"
      let answer = try await accepted(key: part) { key in
        try await client.enqueueBatch(.init(bytes: batch.bytes, type: batch.type), key: key)
      }
      outcome.add(answer, start: batch.start)
    }
    try console.show(outcome.items, of: outcome.document) {
      outcome.table(isColored: console.isColored)
    }
    if console.format == .table {
      console.say("\(outcome.accepted) accepted, \(outcome.rejected) rejected")
    }
    return outcome.rejected == 0 ? .ok : .failed
  }

  private func accepted<Answer>(
    key: String?, _ send: (String) async throws -> Answer
  ) async throws -> Answer {
    let key = key ?? "cli-\(JobID())"
    do {
      return try await send(key)
    } catch let error as CommandError where error.status == .unreachable && error.hint == nil {
      throw error.hinting("It may have been accepted: repeat with --idempotency-key \(key)")
    }
  }

  private func end(
    of job: JobView, _ deadline: ContinuousClock.Instant?, _ client: GatewayClient,
    _ console: Console
  ) async throws -> JobView {
    guard follow else { return try await client.end(of: job, until: deadline) }
    return try await JobFollowing(client: client, console: console, screen: .error)
      .follow(job, until: deadline)
  }
}

extension Console {
  /// Prints what became of a job, and says how to exit.
  func finish(_ job: JobView) throws -> ExitStatus {
    if job.state.isFinal {
      try showEnd(of: job)
      return job.exitStatus
    }
    try show(job: job)
    say("the job is not over yet: openclaw jobs watch \(job.id)")
    return .waitTimedOut
  }
}
