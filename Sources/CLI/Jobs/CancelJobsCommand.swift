import ArgumentParser
import Jobs

/// `openclaw jobs cancel`.
struct CancelJobsCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "cancel", abstract: "Cancel jobs, and wait until they are.",
    discussion: """
      With a job goes all that it has delegated. What waits is cancelled at once, what runs within \
      seconds. Cancelling twice is harmless. Exits 0 when all are cancelled; else as the first \
      that is not: 3 when there is no such job, 5 when it takes longer than --timeout, 6 when it \
      was over before.
      """)

  @Argument(help: "The jobs' ids.")
  var ids: [JobID]

  @Flag(help: "Cancel the whole tree that a job is part of, from its root on.")
  var tree = false

  @Flag(help: "Ask for it and do not wait.")
  var noWait = false

  @Option(help: ArgumentHelp("Wait so long for all of them.", valueName: "seconds"))
  var timeout = 60

  @OptionGroup(title: "Gateway") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func validate() throws {
    guard (1...86_400).contains(timeout) else {
      throw ValidationError("--timeout takes 1 to 86400 seconds.")
    }
  }

  /// What became of one of the jobs.
  private struct Outcome {
    let id: JobID
    let job: JobView?
    let error: CommandError?

    var document: JSONValue {
      var members: [String: JSONValue] = ["id": .string("\(id)"), "ok": .bool(error == nil)]
      members["job"] = job?.document
      members["error"] = error.map {
        ["type": .string($0.type), "message": .string($0.message)]
      }
      return .object(members)
    }
  }

  func perform(with client: GatewayClient, on console: Console) async throws -> ExitStatus {
    let deadline = ContinuousClock.now + .seconds(timeout)
    var outcomes: [Outcome] = []
    // All are asked before any is waited for.
    for id in ids { outcomes.append(try await ask(id, client)) }
    if !noWait {
      for (index, outcome) in outcomes.enumerated() {
        outcomes[index] = try await wait(for: outcome, until: deadline, client)
      }
    }
    try show(outcomes, console)
    return outcomes.compactMap(\.error).first?.status ?? .ok
  }

  private func ask(_ id: JobID, _ client: GatewayClient) async throws -> Outcome {
    do {
      return Outcome(id: id, job: try await client.cancel(id, wholeTree: tree), error: nil)
    } catch let error as CommandError where [.notFound, .conflict].contains(error.status) {
      return Outcome(id: id, job: nil, error: error)
    }
  }

  private func wait(
    for outcome: Outcome, until deadline: ContinuousClock.Instant, _ client: GatewayClient
  ) async throws -> Outcome {
    guard let asked = outcome.job else { return outcome }
    let job = try await client.end(of: asked, until: deadline)
    var error: CommandError?
    if !job.state.isFinal {
      error = Self.late("job \(job.id) is still being stopped")
    } else if tree, !(try await isOver(treeOf: job.id, by: deadline, client)) {
      error = Self.late("the tree of job \(job.id) is still being stopped")
    } else if job.state != .cancelled {
      error = CommandError(
        .conflict, type: "job_over", "job \(job.id) \(job.state.name) before it was cancelled")
    }
    return Outcome(id: outcome.id, job: job, error: error)
  }

  /// Waits for the ends of all jobs of a tree.
  private func isOver(
    treeOf id: JobID, by deadline: ContinuousClock.Instant, _ client: GatewayClient
  ) async throws -> Bool {
    let tree = try await client.tree(of: id, knowsGateway: true)["items"]?.elements ?? []
    for job in try tree.map({ try JobView($0) }) where !job.state.isFinal {
      guard try await client.end(of: job, until: deadline).state.isFinal else { return false }
    }
    return true
  }

  private static func late(_ message: String) -> CommandError {
    CommandError(.waitTimedOut, type: "timeout", message)
  }

  private func show(_ outcomes: [Outcome], _ console: Console) throws {
    let documents = outcomes.map(\.document)
    let jobs = outcomes.compactMap(\.job)
    guard console.format == .table else {
      return try console.show(documents, of: ["items": .array(documents)]) { "" }
    }
    if !jobs.isEmpty { try console.show(jobs: jobs, of: .null) }
    for outcome in outcomes {
      if let error = outcome.error { console.say("error: \(outcome.id): \(error.message)") }
      if outcome.job?.document["result"]?["partial"] == .bool(true) {
        console.say("what it had written is kept: openclaw jobs result \(outcome.id)")
      }
    }
  }
}
