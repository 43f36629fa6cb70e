import Engine
import GatewayAPI
import Jobs
import Storage

extension EngineJobService {
  func deadSteps(_ filter: DeadFilter) async throws(ServiceError) -> [DeadStep] {
    try await answered { try await deadLetters.list(filter) }
  }

  func deadStep(
    _ step: StepID, in pool: Pool, for principal: Principal
  ) async throws(ServiceError) -> DeadStepDetail? {
    try await answered { try await deadLetters.show(step, in: pool, for: principal) }
  }

  func deadGroups(_ filter: DeadFilter) async throws(ServiceError) -> [DeadGroup] {
    try await answered { try await deadLetters.groups(filter) }
  }

  func redrive(
    _ filter: DeadFilter, input: JSONValue?, fits: @Sendable (Target) -> Bool, isDry: Bool,
    isCanary: Bool, by principal: Principal
  ) async throws(ServiceError) -> Redrive {
    try await answered {
      do {
        return try await deadLetters.redrive(
          filter, input: input, fits: fits, isDry: isDry, isCanary: isCanary, by: principal)
      } catch DeadLetters.Refusal.unfit(let target) {
        throw ServiceError.unfitInput(target)
      }
    }
  }

  func redriven(
    _ jobs: [JobID], of user: UserID?, within limit: Duration
  ) async throws(ServiceError) -> [RedrivenJob] {
    try await answered { try await deadLetters.redriven(jobs, of: user, within: limit) }
  }

  func drop(
    _ filter: DeadFilter, isDry: Bool, by principal: Principal
  ) async throws(ServiceError) -> (matched: Int, dropped: Int) {
    try await answered { try await deadLetters.drop(filter, isDry: isDry, by: principal) }
  }
}
