import ArgumentParser
import Jobs

/// `openclaw jobs result`.
struct ResultCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "result", abstract: "Print a job's result and nothing else.",
    discussion: """
      What an agent wrote comes as plain text, what a skill returned as JSON. What a cancelled \
      agent had written is printed, too. Exits 0 when the job succeeded, 1 when it failed or \
      expired, 2 when it was cancelled, 5 when it is not over.
      """)

  @Argument(help: "The job's id.")
  var id: JobID

  @Option(help: ArgumentHelp("Wait so long for the end.", valueName: "seconds"))
  var wait = 0

  @OptionGroup(title: "Gateway") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func validate() throws {
    guard (0...86_400).contains(wait) else {
      throw ValidationError("--wait takes 0 to 86400 seconds.")
    }
  }

  func perform(with client: GatewayClient, on console: Console) async throws -> ExitStatus {
    let deadline = ContinuousClock.now + .seconds(wait)
    let job = try await client.end(
      of: client.job(id, wait: min(wait, GatewayClient.longestWait)), until: deadline)
    guard job.state.isFinal else {
      throw CommandError(
        .waitTimedOut, type: "not_over", "job \(id) is \(job.state.name)",
        hint: "openclaw jobs watch \(id)")
    }
    let result = job.document["result"] ?? .null
    if job.state == .succeeded || result != .null {
      try show(result, of: job, console)
      if job.state != .succeeded { console.say("job \(id) \(job.state.name); this is a part") }
      return job.exitStatus
    }
    throw CommandError(
      job.exitStatus, type: job.document["error"]?["code"]?.text ?? job.state.name,
      "job \(id) \(job.state.name)" + (job.problem.map { ": \($0)" } ?? ""))
  }

  private func show(_ result: JSONValue, of job: JobView, _ console: Console) throws {
    if console.format == .table, job.target.hasPrefix("agent:"),
      let text = Console.readable(result)
    {
      return try console.showText(text)
    }
    try console.show(result) { result.indented(escaping: console.surroundings.outputIsTerminal) }
  }
}

extension GatewayClient {
  /// Waits for a job's end by long polls, without its events.
  ///
  /// - Parameter deadline: `nil` waits for ever.
  /// - Returns: The job as it stands at its end or at the deadline.
  func end(of job: JobView, until deadline: ContinuousClock.Instant?) async throws -> JobView {
    var job = job
    while !job.state.isFinal {
      let left = deadline.map { $0 - ContinuousClock.now } ?? .seconds(Self.longestWait)
      guard left > .zero else { break }
      let seconds = min(Self.longestWait, Int(left.components.seconds) + 1)
      let start = ContinuousClock.now
      job = try await self.job(job.id, wait: seconds, knowsGateway: true)
      // A gateway that answers at once is not asked all the time.
      let rest = Duration.milliseconds(250) - (ContinuousClock.now - start)
      if !job.state.isFinal, rest > .zero { try await self.rest(rest) }
    }
    return job
  }
}
