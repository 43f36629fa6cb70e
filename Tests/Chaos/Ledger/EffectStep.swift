import Foundation
package import Jobs
import Postgres
package import TestSupport

/// A call of `test.effect`, and what the database knows of its effect.
package struct EffectStep: Sendable {
  /// Which step.
  package let step: StepID
  /// The job that is nothing but this call.
  package let job: JobID
  /// How the job ended.
  package let end: JobState?
  /// How the step ended.
  package let state: StepState?
  /// `nil` when it was never announced.
  package let effect: EffectState?

  /// For tests.
  package init(
    step: StepID, job: JobID, end: JobState?, state: StepState?, effect: EffectState?
  ) {
    self.step = step
    self.job = job
    self.end = end
    self.state = state
    self.effect = effect
  }

  /// All of a system.
  package static func all(in system: TestSystem) async throws -> [EffectStep] {
    try await system.rows(
      """
      SELECT steps.id, steps.job_id, steps.state, effects.state AS effect, jobs.state AS end
      FROM steps JOIN jobs ON jobs.id = steps.job_id
      LEFT JOIN effects ON effects.step_id = steps.id WHERE steps.target = 'skill:test.effect'
      """
    ) { row in
      EffectStep(
        step: StepID(try row.decode("id", as: UUID.self)),
        job: JobID(try row.decode("job_id", as: UUID.self)),
        end: JobState(rawValue: try row.decode("end", as: Int16.self)),
        state: StepState(rawValue: try row.decode("state", as: Int16.self)),
        effect: try row.decode("effect", as: Int16?.self).flatMap(EffectState.init))
    }
  }

  /// What contradicts the promise; `nil` when it was kept.
  ///
  /// - Parameter acts: How often the skill really acted.
  package func fault(acts: Int) -> String? {
    if acts > 1 { return "\(step) acted \(acts) times" }
    return switch (end, state, effect) {
    case (.succeeded, .done, .done): acts == 1 ? nil : "\(step) is done and never acted"
    case (.failed, .dead, .unknown): nil
    default:
      "\(step) acted \(acts) times, and is \(state?.name ?? "?"), its effect "
        + "\(effect?.name ?? "not announced"), its job \(end?.name ?? "?")"
    }
  }
}
