import Jobs

/// What the gateway has found amiss between jobs, steps and tickets.
struct ReconcilerView: Sendable, Equatable {
  /// Tickets beyond the ready steps that are worth a word: each costs a claim that finds nothing.
  private static let largeSurplus: Int64 = 10_000

  let orphans: Int64
  /// The first of them; empty for those who may not see them.
  let jobs: [String]
  let surplus: Int64

  /// - Parameter document: The member `reconciler` of the lanes; older gateways have none.
  init(_ document: JSONValue?) {
    orphans = document?["orphans"]?.int ?? 0
    jobs = (document?["orphan_jobs"]?.elements ?? []).compactMap(\.text)
    surplus = document?["surplus"]?.int ?? 0
  }

  /// What somebody should look into; empty while all is well.
  var notes: [String] {
    var notes: [String] = []
    if orphans > 0 {
      let named = jobs.isEmpty ? "" : ": \(jobs.joined(separator: ", "))"
      notes.append(
        "\(orphans) \(orphans == 1 ? "job is" : "jobs are") not over and will never run on\(named)")
    }
    if surplus >= Self.largeSurplus {
      notes.append("the broker holds \(surplus) tickets more than there are ready steps")
    }
    return notes
  }
}
