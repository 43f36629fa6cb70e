import Engine
import GatewayAPI
import Jobs
import Storage

extension EngineJobService {
  func deadSteps(_ filter: DeadFilter) async throws(ServiceError) -> [DeadStep] {
    try await answered { try await deadLetters.list(filter) }
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

  func drop(
    _ filter: DeadFilter, isDry: Bool, by principal: Principal
  ) async throws(ServiceError) -> (matched: Int, dropped: Int) {
    try await answered { try await deadLetters.drop(filter, isDry: isDry, by: principal) }
  }

  func limits() async throws(ServiceError) -> [LimitRecord] {
    try await answered { try await gates.store.limits() }
  }

  func limit(
    _ key: GateKey, to maximum: Int?, by principal: Principal
  ) async throws(ServiceError) -> LimitRecord? {
    try await answered {
      if let maximum {
        try await gates.limit(key, to: maximum, by: principal)
        return try await gates.store.limits().first { $0.key == key }
      }
      let old = try await gates.store.limits().first { $0.key == key }
      return try await gates.lift(key, by: principal) ? old : nil
    }
  }

  func pauses() async throws(ServiceError) -> [PauseRecord] {
    try await answered { try await gates.store.pauses() }
  }

  func pause(
    _ key: GateKey, reason: String, for length: PauseLength, by principal: Principal
  ) async throws(ServiceError) -> PauseRecord {
    let pauses = try await answered {
      try await gates.store.pause(key, reason: reason, for: length, by: principal)
      return try await gates.store.pauses()
    }
    guard let pause = pauses.first(where: { $0.key == key }) else {
      throw .unavailable(retryAfter: .seconds(1), detail: "the pause has ended already")
    }
    return pause
  }

  func resume(_ key: GateKey, by principal: Principal) async throws(ServiceError) -> Bool {
    try await answered { try await gates.resume(key, by: principal) }
  }
}
