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

  @OptionGroup var input: GivenInput

  @Option(help: "How urgent it is.")
  var priority: Priority?

  @OptionGroup var key: RequestKey

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
    guard (target == nil) == (batch != nil) else {
      throw ValidationError("Give a target, or --batch.")
    }
    let isAlone = !input.isGiven && wait == nil && !follow && priority == nil
    if batch != nil, !isAlone || !terms.members.isEmpty {
      throw ValidationError("--batch goes with --idempotency-key and -o alone.")
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
    var request: [String: JSONValue] = [
      "target": .string("\(target)"),
      "input": try input.value(for: target, console.surroundings),
    ]
    request["priority"] = priority.map { .string($0.name) }
    request.merge(terms.members) { $1 }
    // The job's id has to be known before the wait begins, or a cut would leave none.
    let key = key.value
    let (job, isDuplicate) = try await RequestKey.keeping(key) {
      try await client.enqueue(.object(request), key: key, wait: 0)
    }
    if isDuplicate { console.say("no new job: \(job.id) has the same unique key") }
    return job
  }

  private func enqueueBatch(
    _ client: GatewayClient, _ console: Console
  ) async throws -> ExitStatus {
    let file = try BatchFile(reading: batch ?? "-", console.surroundings)
    var outcome = BatchOutcome()
    let key = key.value
    try RequestKey.check(key, jobs: file.count, parts: file.batches.count)
    for (number, batch) in file.batches.enumerated() {
      let part = file.batches.count == 1 ? key : "\(key)-\(number)"
      let answer = try await RequestKey.keeping(key, isBegun: number > 0) {
        try await client.enqueueBatch(.init(bytes: batch.bytes, type: batch.type), key: part)
      }
      outcome.add(answer, start: batch.start)
    }
    try console.show(outcome.items, of: outcome.document) {
      outcome.table(isColored: console.isColored)
    }
    if console.format == .table {
      console.say(outcome.summary)
      if outcome.passing > 0 {
        console.say(
          "\(outcome.passing) refused only for now: repeat with --idempotency-key \(key)")
      }
    }
    return outcome.rejected == 0 ? .ok : .failed
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
