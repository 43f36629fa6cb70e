public import FoundationEssentials

/// What has been found amiss between jobs, their steps and their tickets.
public struct ReconcilerReport: Sendable, Hashable {
  /// The last whole search for orphans; `nil` before the first has ended.
  public let sweep: Sweep?

  /// A search over all jobs that were not over.
  public struct Sweep: Sendable, Hashable {
    /// How many jobs it has looked at.
    public let lookedAt: Int
    /// How many of them have no step to come.
    public let orphans: Int
    /// The first of those, in the order of their ids; 20 at most.
    public let jobs: [JobID]
    /// When it ended.
    public let endedAt: Date

    /// Takes the figures of one search.
    public init(lookedAt: Int, orphans: Int, jobs: [JobID], endedAt: Date) {
      self.lookedAt = lookedAt
      self.orphans = orphans
      self.jobs = jobs
      self.endedAt = endedAt
    }
  }

  /// - Parameter sweep: `nil` when none has ended yet.
  public init(sweep: Sweep? = nil) { self.sweep = sweep }
}
