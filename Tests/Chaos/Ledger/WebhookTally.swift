import Jobs

/// What a receiver of webhooks was told, held against what has ended. Pure.
struct WebhookTally: Sendable {
  /// Jobs that have ended and are to be told, with the names of their states.
  var jobs: [String: String] = [:]
  /// Batches that have ended.
  var batches: Set<String> = []
  /// Events by what they name.
  private(set) var told: [String: [String]] = [:]
  /// Requests whose signature another library refused.
  private(set) var unverified = 0
  /// Requests in all.
  private(set) var requests = 0

  /// Takes the log of `Tests/Stubs/webhook_receiver.py`.
  init(_ log: [JSONValue]) {
    for entry in log {
      requests += 1
      if entry["verified"] != [true] { unverified += 1 }
      guard let name = entry["body"]?["data"]?["id"]?.text else { continue }
      told[name, default: []].append(entry["body"]?["type"]?.text ?? "")
    }
  }

  func verdict(atLeast minimum: Int, refused: Int, kills: Int) -> Verdict {
    let untold = jobs.keys.filter { told[$0] == nil } + batches.filter { told[$0] == nil }
    let wrong = jobs.filter { job, state in
      told[job].map { $0.contains { $0 != "job.\(state)" } } ?? false
    }
    let strange = told.keys.filter { jobs[$0] == nil && !batches.contains($0) }
    let faults = [
      (untold.count, "ends were not told: \(untold.prefix(3))"),
      (wrong.count, "were told with another end: \(wrong.keys.prefix(3))"),
      (strange.count, "were told and have not ended: \(strange.prefix(3))"),
      (unverified, "requests were not signed as they must be"),
    ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
    return Verdict(
      .webhooks, observations: kills > 0 ? told.count : 0, atLeast: minimum,
      counts: [
        "ends of jobs": jobs.count, "of batches": batches.count, "untold": untold.count,
        "requests": requests, "of these refused at first": refused,
        "told more than once": told.values.count { $0.count > 1 }, "unverified": unverified,
      ], faults: faults)
  }
}
