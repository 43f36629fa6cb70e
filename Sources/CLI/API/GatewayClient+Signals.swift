import HTTP
import Jobs

extension GatewayClient {
  /// Sends a job a signal. Not repeated: each call is a signal of its own.
  ///
  /// - Parameter payload: What the waiting call returns; `nil` for nothing.
  /// - Returns: `{"job","signal","state"}`; the state is `taken` or `kept`.
  func signal(_ name: SignalName, to id: JobID, payload: JSONValue?) async throws -> JSONValue {
    var body: [String: JSONValue] = [:]
    body["payload"] = payload
    let path = "/jobs/\(id)/signals/\(Self.segment("\(name)"))"
    let answer = try await send(Call(method: .post, path: path, body: .json(.object(body))))
    guard answer["state"]?.text != nil else { throw CommandError.unexpectedAnswer }
    return answer
  }

  /// What a job waits for, and which signals nothing has taken: `waits` and `kept`.
  func signals(of id: JobID) async throws -> JSONValue {
    let answer = try await send(Call(path: "/jobs/\(id)/signals"))
    guard answer["waits"]?.elements != nil, answer["kept"]?.elements != nil else {
      throw CommandError.unexpectedAnswer
    }
    return answer
  }
}
