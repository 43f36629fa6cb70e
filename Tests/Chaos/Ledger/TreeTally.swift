import Jobs

/// What many cancels of trees came to. Pure.
struct TreeTally: Sendable {
  /// A job of a tree, once all is over.
  struct Job: Sendable {
    let id: JobID
    let state: JobState
    /// Whether it was delegated after the root's cancel.
    let isLate: Bool
    /// From the tree's first cancel to its end; negative for one that was over before.
    let stopped: Duration?
  }

  /// One cancel.
  struct Entry: Sendable {
    let root: JobID
    let way: TreeTrial.Way
    /// Which child was named; `nil` for the root.
    var child: JobID?
    /// The status.
    var answer = 0
    /// How long the workers' ledger was when all was over.
    var mark = 0
    var jobs: [Job] = []
    /// Whether a worker was killed that ran what the cancel had to stop.
    var hadDeadWorker = false

    init(root: JobID, way: TreeTrial.Way) {
      self.root = root
      self.way = way
    }

    /// From the cancel to the end of the last one that it had to stop.
    var took: Duration? {
      let stopping = way == .childAlone ? jobs.filter { $0.id == child } : jobs
      return stopping.compactMap(\.stopped).max()
    }

    /// What contradicts the promise.
    var faults: [String] {
      var faults = jobs.filter { !$0.state.isFinal }.map { "\($0.id) goes on" }
      if answer == 409 { return faults }
      faults += jobs.filter(\.isLate).map { "\($0.id) was delegated after its root's cancel" }
      let rootState = jobs.first { $0.id == root }?.state
      let childState = jobs.first { $0.id == child }?.state
      if way == .childAlone {
        if rootState != .succeeded { faults.append("\(root) went down with a child") }
        if childState != .cancelled { faults.append("\(root): a cancelled child did not end so") }
      } else {
        if rootState != .cancelled { faults.append("\(root) has ended otherwise than cancelled") }
        // What has come to its end by itself while its stop came down the tree is none.
        faults += jobs.filter { $0.state != .cancelled && ($0.stopped ?? .zero) > .seconds(2) }
          .map { "\($0.id) of a cancelled tree is \($0.state.name)" }
      }
      return faults
    }
  }

  private(set) var entries: [Entry] = []

  /// Where the workers' ledger stood at the end of each job.
  var marks: [String: Int] {
    let pairs = entries.flatMap { entry in
      entry.jobs.map { ($0.id.description, entry.mark) }
    }
    return Dictionary(pairs) { first, _ in first }
  }

  mutating func add(_ entry: Entry) { entries.append(entry) }

  mutating func add(_ other: TreeTally) { entries += other.entries }

  /// - Parameters:
  ///   - revived: Jobs that something was begun for after their end.
  ///   - slack: How many times as long as promised it may take.
  func verdict(
    atLeast minimum: Int, kills: Int, revived: [String], slack: Int = 1
  ) -> Verdict {
    let counted = entries.filter { $0.answer != 409 }
    let stopped = counted.filter { !$0.hadDeadWorker }.compactMap(\.took)
    let orphaned = counted.filter(\.hadDeadWorker).compactMap(\.took)
    var faults = entries.flatMap(\.faults)
    let slow = counted.filter { !$0.hadDeadWorker && ($0.took ?? .zero) > .seconds(2 * slack) }
    faults += slow.map {
      "\($0.root), cancelled \($0.way.rawValue), stopped after \($0.took?.inSeconds ?? "–")"
    }
    faults += revived.map { "\($0) was revived" }
    let ways = Dictionary(grouping: counted, by: \.way).mapValues(\.count)
    faults += TreeTrial.Way.allCases.filter { ways[$0] == nil }
      .map { "no tree was cancelled \($0.rawValue)" }
    return Verdict(
      .D15, observations: kills > 0 ? stopped.count : 0, atLeast: minimum,
      counts: [
        "trees cancelled": counted.count, "their jobs": counted.reduce(0) { $0 + $1.jobs.count },
        "too late": entries.count - counted.count, "whose worker was killed": orphaned.count,
        "kills": kills, "revived": revived.count,
      ],
      notes: ways.map { "\($0.key.rawValue) \($0.value)" }.sorted() + [
        "whole trees stopped within \(stopped.sorted().percentile(99)?.inSeconds ?? "–") (p99), "
          + "\(stopped.max()?.inSeconds ?? "–") (max)",
        "after a kill within \(orphaned.max()?.inSeconds ?? "–")",
      ], faults: faults)
  }
}
