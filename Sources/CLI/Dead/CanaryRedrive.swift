import Jobs

/// Redrives one dead step, then ten, then the rest, and stops when a job of the first eleven does
/// not succeed. Each request is short, so that no proxy ends it, and what is done next is said.
struct CanaryRedrive: Sendable {
  /// How many steps are redriven at once, and how long their jobs may take.
  private static let waves: [(size: Int, patience: Duration)] = [
    (1, .seconds(120)), (10, .seconds(300)), (.max, .zero),
  ]
  /// How many steps one request redrives.
  private static let mostAtOnce = 100
  /// How long one request waits, in seconds: less than the patience of most proxies.
  private static let look = 20

  let client: GatewayClient
  let console: Console
  let pool: String

  /// - Parameter request: What selects the steps, `input`.
  /// - Returns: What became of all of them, as one redrive tells it.
  func run(_ request: [String: JSONValue]) async throws -> RedriveView {
    var look = request
    look["dry_run"] = true
    // Later dead steps, such as those of the canary itself, are none of them.
    let foreseen = try await client.redrive(pool, look)
    var left = foreseen.redriven.map(\.step)[...]
    var sum = Sum(matched: foreseen.matched, skipped: foreseen.items("skipped"))
    for (index, wave) in Self.waves.enumerated() where !left.isEmpty && sum.stopped == nil {
      var jobs: [String] = []
      // What is skipped tells nothing about the rest.
      while jobs.count < wave.size, !left.isEmpty {
        let steps = left.prefix(min(Self.mostAtOnce, wave.size - jobs.count))
        left = left.dropFirst(steps.count)
        let outcome = try await redrive([String](steps), request["input"], after: sum)
        sum.redriven += outcome.items("redriven")
        sum.skipped += outcome.items("skipped")
        jobs += outcome.redriven.map(\.newJob)
      }
      guard wave.patience > .zero, !jobs.isEmpty else { continue }
      console.remark(
        "wave \(index + 1): \(jobs.count) redriven, \(left.count) to go; waiting for "
          + (jobs.count == 1 ? "its end" : "their ends"))
      sum.stopped = try await failure(among: jobs, within: wave.patience, after: sum)
    }
    return try RedriveView(sum.document)
  }

  private struct Sum {
    var matched: Int64
    var redriven: [JSONValue] = []
    var skipped: [JSONValue]
    var stopped: String?

    var document: JSONValue {
      [
        "matched": .integer(matched), "dry_run": false, "redriven": .array(redriven),
        "skipped": .array(skipped), "stopped": stopped.map { .string($0) } ?? .null,
      ]
    }
  }

  private func redrive(
    _ steps: [String], _ input: JSONValue?, after sum: Sum
  ) async throws -> RedriveView {
    var request: [String: JSONValue] = [
      "steps": .array(steps.map { .string($0) }), "limit": .integer(Int64(steps.count)),
    ]
    request["input"] = input
    do {
      return try await client.redrive(pool, request)
    } catch let error as CommandError {
      throw Self.telling(sum, error)
    }
  }

  /// Why it stops, if a job of the wave does not succeed in time.
  private func failure(
    among jobs: [String], within patience: Duration, after sum: Sum
  ) async throws -> String? {
    let deadline = ContinuousClock.now + patience
    while true {
      let states: [String: String]
      do {
        states = try await client.redriven(jobs, wait: Self.look)
      } catch let error as CommandError {
        throw Self.telling(sum, error)
      }
      for job in jobs where Self.isOver(states[job]) && states[job] != JobState.succeeded.name {
        return "job \(job) of the canary " + (states[job].map { "has \($0)" } ?? "is gone")
      }
      guard let pending = jobs.first(where: { !Self.isOver(states[$0]) }) else { return nil }
      guard ContinuousClock.now < deadline else {
        return "job \(pending) of the canary is not over"
      }
      // A gateway that answers at once is not asked all the time.
      try await client.rest(.milliseconds(250))
    }
  }

  /// A job that is not told of any more is over, too.
  private static func isOver(_ state: String?) -> Bool {
    JobState.allCases.first { $0.name == state }?.isFinal ?? true
  }

  private static func telling(_ sum: Sum, _ error: CommandError) -> CommandError {
    error.alsoHinting(
      "\(sum.redriven.count) were redriven, the rest is on the list: openclaw dead list")
  }
}

extension RedriveView {
  /// What is told of single steps, as it came.
  fileprivate func items(_ name: String) -> [JSONValue] { document[name]?.elements ?? [] }
}
