import HTTP
import Jobs

extension GatewayClient {
  /// What is told to a batch that is there.
  enum BatchCommand: String, Sendable {
    case close, cancel
  }

  /// A page of the user's batches, newest first: `items` and, unless it is the last page,
  /// `next_cursor`.
  func batches(_ query: [(name: String, value: String)]) async throws -> JSONValue {
    try await list("/batches", query)
  }

  /// A batch, when it is finished or after some seconds.
  ///
  /// - Parameter wait: 0 to 60.
  func batch(_ id: BatchID, wait: Int = 0, knowsGateway: Bool = false) async throws -> BatchView {
    var call = Call(path: "/batches/\(id)", wait: .seconds(wait), knowsGateway: knowsGateway)
    if wait > 0 { call.query = [("wait", "\(wait)")] }
    return try BatchView(await send(call))
  }

  /// Makes a batch, one however often it has to be sent.
  ///
  /// - Parameters:
  ///   - batch: With `jobs`, 1,000 at most, it is closed at once.
  ///   - key: The idempotency key; job `i` without a key of its own gets `key/i`.
  /// - Returns: The batch; with `jobs` its document also has `accepted`, `rejected` and `items`.
  func createBatch(_ batch: [String: JSONValue], key: String) async throws -> BatchView {
    var call = Call(
      method: .post, path: "/batches", body: .json(.object(batch)), wait: .seconds(40))
    call.headers["Idempotency-Key"] = key
    return try BatchView(await send(call))
  }

  /// Closes a batch, or cancels its jobs; asking again is harmless.
  func tell(_ command: BatchCommand, to id: BatchID) async throws -> BatchView {
    let call = Call(
      method: .post, path: "/batches/\(id)/\(command.rawValue)", body: .json([:]),
      isRepeatable: true)
    return try BatchView(await send(call))
  }
}
