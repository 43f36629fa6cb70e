import FoundationEssentials
public import Jobs
import Postgres
import Storage

extension DeadLetters {
  /// One dead step with all that is known of it, also one that was redriven or dropped.
  ///
  /// - Parameters:
  ///   - pool: The pool that it was in.
  ///   - principal: Sees their own, or all of them as an operator; what a step works on is its
  ///     owner's alone.
  /// - Returns: `nil` when there is none that the principal sees.
  /// - Throws: `PostgresError`.
  public func show(
    _ step: StepID, in pool: Pool, for principal: Principal
  ) async throws -> DeadStepDetail? {
    let owner = principal.role.mayOperate ? nil : principal.user
    let rows = try await self.pool.pipeline([
      DeadStatements.show(step, in: pool, of: owner, reader: principal.user),
      DeadStatements.failures(of: step),
    ])
    guard let row = rows[0].first else { return nil }
    let settledAt = try row.decode("settled_at", as: Date?.self)
    let refusal = settledAt == nil ? try RedriveRefusal(row, isNamed: false) : .gone
    return DeadStepDetail(
      step: try dead(row),
      jobTarget: Target(try row.decode("job_target", as: String.self)) ?? .skill("unknown.skill"),
      content: try shownContent(row, of: step),
      createdAt: try row.decode("created_at", as: Date.self),
      startedAt: try row.decode("started_at", as: Date.self), effect: try EffectRecord(of: row),
      obstacle: refusal?.rawValue, settledAt: settledAt,
      redrivenAs: try row.decode("redriven_as", as: UUID?.self).map(JobID.init),
      failedAttempts: try FailedAttempt.read(rows[1], content)[step] ?? [])
  }

  private func shownContent(_ row: Row, of step: StepID) throws -> DeadStepDetail.Content {
    guard let sealed = try row.decode("job_input", as: [UInt8]?.self) else { return .withheld }
    let job = try row.decode("job_id", as: UUID.self)
    let arguments = try row.decode("step_input", as: [UInt8]?.self)
    let isCall = try row.decode("kind", as: Int16.self) != StepKind.agentTurn.rawValue
    do {
      let input = try content.open(sealed, .jobInput, row: job)
      let own = try content.openIfPresent(arguments, .stepInput, row: step.uuid)
      return .shown(input: input, arguments: own ?? (isCall ? input : nil))
    } catch {
      // It has to be seen all the same, to be dropped.
      return .unreadable
    }
  }
}
