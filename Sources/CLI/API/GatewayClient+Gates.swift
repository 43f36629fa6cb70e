import HTTP
import Jobs

/// Limits and pauses. To set or to end one again is harmless; to end one that has ended is refused,
/// unless the answer to the first try was lost.
extension GatewayClient {
  /// All limits: `items`.
  func limits() async throws -> JSONValue { try await list("/limits") }

  /// Says how many steps of a set may run at once.
  ///
  /// - Parameter limit: `maximum`, `force`.
  func limit(_ key: GateKey, _ limit: [String: JSONValue]) async throws -> LimitView {
    let call = Call(
      method: .put, path: "/limits/\(Self.segment("\(key)"))",
      body: .json(.object(limit)), isRepeatable: true)
    return try LimitView(await send(call))
  }

  /// Lifts a limit.
  ///
  /// - Returns: The limit as it was; `nil` when the answer that said so was lost.
  func lift(_ key: GateKey) async throws -> LimitView? {
    let call = Call(
      method: .delete, path: "/limits/\(Self.segment("\(key)"))", goneCode: "gate_not_found")
    let answer = try await send(call)
    return answer == .null ? nil : try LimitView(answer)
  }

  /// All pauses: `items`.
  func pauses() async throws -> JSONValue { try await list("/pauses") }

  /// Pauses a set of steps, or changes reason and length of its pause.
  ///
  /// - Parameter pause: `reason`, `for`, `force`.
  func pause(_ key: GateKey, _ pause: [String: JSONValue]) async throws -> PauseView {
    let call = Call(
      method: .put, path: "/pauses/\(Self.segment("\(key)"))", body: .json(.object(pause)),
      isRepeatable: true)
    return try PauseView(await send(call))
  }

  /// Ends a pause: `key`, `resumed`.
  func resume(_ key: GateKey) async throws -> JSONValue {
    let answer = try await send(
      Call(method: .delete, path: "/pauses/\(Self.segment("\(key)"))", goneCode: "gate_not_found"))
    return answer == .null ? ["key": .string("\(key)"), "resumed": true] : answer
  }

  /// Pauses a pool or a lane by its name.
  ///
  /// - Parameter pause: `reason`, `for`.
  func pause(queue: String, _ pause: [String: JSONValue]) async throws -> PauseView {
    let call = Call(
      method: .post, path: "/queues/\(Self.segment(queue))/pause", body: .json(.object(pause)),
      isRepeatable: true)
    return try PauseView(await send(call))
  }

  /// Ends the pause of a pool or a lane: `key`, `resumed`.
  func resume(queue: String) async throws -> JSONValue {
    let answer = try await send(
      Call(
        method: .post, path: "/queues/\(Self.segment(queue))/resume", body: .json([:]),
        goneCode: "gate_not_found"))
    // What the gateway makes a key of is told back as it was given.
    return answer == .null ? ["key": .string(queue), "resumed": true] : answer
  }

  /// A text as a segment of a path: what RFC 3986 lets stand there stays, as servers need not take
  /// `%3A` for a colon.
  static func segment(_ text: String) -> String {
    percentEncoded(text, keeping: "!$&'()*+,;=:@")
  }
}
