import HTTP
import Jobs

extension GatewayClient {
  /// The longest that the gateway holds back an answer.
  static let longestWait = 60

  /// Enqueues a job, once however often it has to be sent.
  ///
  /// - Parameters:
  ///   - key: The idempotency key, kept for 24 h by the gateway.
  ///   - wait: Seconds that the gateway may wait for the job's end; 0 to 60.
  /// - Returns: The job as it stands at the answer.
  func enqueue(_ job: JSONValue, key: String, wait: Int) async throws -> JobView {
    var call = Call(method: .post, path: "/jobs", body: job)
    call.headers["Idempotency-Key"] = key
    if wait > 0 {
      call.headers["Prefer"] = "wait=\(wait)"
      call.wait = .seconds(wait)
    }
    return try JobView(await send(call))
  }

  /// A job, when it is over or after some seconds.
  ///
  /// - Parameter wait: 0 to 60.
  func job(_ id: JobID, wait: Int = 0, knowsGateway: Bool = false) async throws -> JobView {
    var call = Call(path: "/jobs/\(id)", wait: .seconds(wait), knowsGateway: knowsGateway)
    if wait > 0 { call.query = [("wait", "\(wait)")] }
    return try JobView(await send(call))
  }

  /// The steps of a job in the order of their creation.
  func steps(of id: JobID, knowsGateway: Bool = false) async throws -> [StepView] {
    let answer = try await send(Call(path: "/jobs/\(id)/steps", knowsGateway: knowsGateway))
    guard let items = answer["items"]?.elements else { throw CommandError.unexpectedAnswer }
    return try items.map { try StepView($0) }
  }

  /// A page of the user's jobs, newest first: `items` and, unless it is the last page,
  /// `next_cursor`.
  func jobs(_ query: [(name: String, value: String)]) async throws -> JSONValue {
    let answer = try await send(Call(path: "/jobs", query: query))
    guard answer["items"]?.elements != nil else { throw CommandError.unexpectedAnswer }
    return answer
  }
}
