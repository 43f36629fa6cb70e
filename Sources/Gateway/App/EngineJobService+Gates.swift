import Engine
import GatewayAPI
import Jobs
import Storage

extension EngineJobService {
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

  func hasUser(_ user: UserID) async throws(ServiceError) -> Bool {
    try await answered { try await gates.store.hasUser(user) }
  }

  func pause(
    _ key: GateKey, reason: String?, for length: PauseLength, by principal: Principal
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
