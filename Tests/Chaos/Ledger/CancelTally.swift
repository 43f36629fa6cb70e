import Jobs

/// What many cancels came to. Pure.
struct CancelTally: Sendable {
  /// How soon a cancel took effect.
  enum Time: Sendable, Hashable {
    /// Nothing ran: until the answer came, which says that it is over.
    case queued(Duration)
    /// Something ran: from the answer to the end.
    case running(Duration)
    /// The same, where the worker was killed.
    case orphaned(Duration)
    /// The job was over before.
    case over
  }

  /// One cancel.
  struct Entry: Sendable {
    let job: JobID
    /// What the job was doing just before.
    let phase: String
    /// How it ended.
    let end: String
    /// How long the workers' ledger was when its end was seen.
    let mark: Int
    var time = Time.over
    var faults: [String] = []
  }

  private var entries: [Entry] = []

  /// Where the workers' ledger stood at each end.
  var marks: [String: Int] {
    Dictionary(entries.map { ($0.job.description, $0.mark) }) { first, _ in first }
  }

  mutating func add(_ entry: Entry) { entries.append(entry) }

  mutating func add(_ other: CancelTally) { entries += other.entries }

  /// - Parameters:
  ///   - revived: Jobs that something was begun for after their end.
  ///   - slack: How many times as long as promised it may take.
  func verdict(
    atLeast minimum: Int, kills: Int, revived: [String], slack: Int = 1
  ) -> Verdict {
    let queued = entries.compactMap { if case .queued(let time) = $0.time { time } else { nil } }
    let running = entries.compactMap { if case .running(let time) = $0.time { time } else { nil } }
    let orphaned = entries.compactMap {
      if case .orphaned(let time) = $0.time { time } else { nil }
    }
    let phases = Dictionary(grouping: entries, by: \.phase).mapValues(\.count)
    let missing = ["queued", "in a turn", "in a skill", "between turns", "retrying", "over"]
      .filter { phases[$0] == nil }
    var faults = entries.flatMap(\.faults)
    faults += queued.filter { $0 > .seconds(slack) }.map { "queued, stopped after \($0.inSeconds)" }
    faults += running.filter { $0 > .seconds(2 * slack) }
      .map { "running, stopped after \($0.inSeconds)" }
    faults += revived.map { "\($0) was revived" }
    faults += missing.map { "no cancel met a job \($0)" }
    return Verdict(
      .D15, observations: kills > 0 ? queued.count + running.count : 0, atLeast: minimum,
      counts: [
        "cancels": entries.count, "kills": kills, "ended at once": queued.count,
        "stopped": running.count, "whose worker was killed": orphaned.count,
        "revived": revived.count,
      ],
      notes: phases.map { "\($0.key) \($0.value)" }.sorted() + [
        "ended at once within \(queued.max()?.inSeconds ?? "–")",
        "stopped within \(running.sorted().percentile(99)?.inSeconds ?? "–") (p99), "
          + "\(running.max()?.inSeconds ?? "–") (max)",
        "after a kill within \(orphaned.max()?.inSeconds ?? "–")",
      ], faults: faults)
  }
}
