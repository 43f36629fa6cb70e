import FoundationEssentials
public import Jobs
public import Postgres
public import Storage

/// Tells why a job waits.
public struct JobExplainer: Sendable {
  /// Of how many delegated jobs it is told what these wait for.
  private static let children = 3

  private let reader: WaitReader
  private let gates: GateStore
  private let content: SealedContent
  private let monitor: SystemMonitor

  /// `monitor` has the figures that estimates are made of.
  public init(pool: PostgresPool, content: SealedContent, monitor: SystemMonitor) {
    reader = WaitReader(pool: pool)
    gates = GateStore(pool: pool)
    self.content = content
    self.monitor = monitor
  }

  /// What keeps each step of a user's job that is not over, in their order, 50 at most, and whether
  /// there are more; nothing for a job that is over. What it costs is bounded however much waits: see
  /// ``Storage/WaitReader/waiting(of:user:)``.
  ///
  /// - Throws: `PostgresError`.
  public func reasons(
    of job: JobID, user: UserID
  ) async throws -> (waits: [WaitReason], isTruncated: Bool) {
    let steps = try await reader.waiting(of: job, user: user)
    guard !steps.isEmpty else { return ([], false) }
    let lanes = try await monitor.lanes().lanes
    let raised = try await gates.gates().raised
    var left = Self.children
    var reasons: [WaitReason] = []
    for step in steps.prefix(WaitReader.limit) {
      var wait = StepWait(step, of: job, error: try error(of: step))
      wait.line = LaneLine(of: step, among: lanes, raised: raised)
      if step.heldBy == .child, let other = step.other, !other.isRunning, left > 0 {
        left -= 1
        let below = try await reader.waiting(of: other.id, user: user)
        wait.below = try below.first.map { step in
          var wait = StepWait(step, of: other.id, error: try error(of: step))
          wait.line = LaneLine(of: step, among: lanes, raised: raised)
          return wait.reason.detail
        }
      }
      reasons.append(wait.reason)
    }
    return (reasons, steps.count > WaitReader.limit)
  }

  private func error(of step: WaitingStep) throws -> StepFailure? {
    try content.openIfPresent(step.error, .stepError, row: step.id.uuid)
      .flatMap(StepFailure.init(json:))
  }
}
