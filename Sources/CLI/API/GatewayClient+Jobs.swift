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
  /// - Returns: The job as it stands at the answer, and whether it was there before with the same
  ///   unique key.
  func enqueue(
    _ job: JSONValue, key: String, wait: Int
  ) async throws -> (job: JobView, isDuplicate: Bool) {
    var call = Call(method: .post, path: "/jobs", body: .json(job))
    call.headers["Idempotency-Key"] = key
    if wait > 0 {
      call.headers["Prefer"] = "wait=\(wait)"
      call.wait = .seconds(wait)
    }
    let (headers, document) = try await answer(to: call)
    return (try JobView(document), headers["Unique-Duplicate"] == "true")
  }

  /// A job, when it is over or after some seconds.
  ///
  /// - Parameter wait: 0 to 60.
  func job(_ id: JobID, wait: Int = 0, knowsGateway: Bool = false) async throws -> JobView {
    var call = Call(path: "/jobs/\(id)", wait: .seconds(wait), knowsGateway: knowsGateway)
    if wait > 0 { call.query = [("wait", "\(wait)")] }
    return try JobView(await send(call))
  }

  /// The steps of a job in the order of their creation, all pages of them.
  func steps(of id: JobID, knowsGateway: Bool = false) async throws -> [StepView] {
    var steps: [StepView] = []
    var call = Call(path: "/jobs/\(id)/steps", knowsGateway: knowsGateway)
    while true {
      let answer = try await send(call)
      guard let items = answer["items"]?.elements else { throw CommandError.unexpectedAnswer }
      steps += try items.map { try StepView($0) }
      guard let cursor = answer["next_cursor"]?.text else { return steps }
      call.query = [("cursor", cursor)]
    }
  }

  /// A page of the user's jobs, newest first: `items` and, unless it is the last page,
  /// `next_cursor`.
  func jobs(_ query: [(name: String, value: String)]) async throws -> JSONValue {
    let answer = try await send(Call(path: "/jobs", query: query))
    guard answer["items"]?.elements != nil else { throw CommandError.unexpectedAnswer }
    return answer
  }

  /// Asks that a job be cancelled; asking again is harmless.
  ///
  /// - Parameter wholeTree: Whether that means all of its tree, from the root on.
  /// - Returns: The job, over or on its way to be.
  func cancel(_ id: JobID, wholeTree: Bool = false) async throws -> JobView {
    var call = Call(
      method: .post, path: "/jobs/\(id)/cancel", body: .json([:]), isRepeatable: true)
    if wholeTree { call.query = [("scope", "tree")] }
    return try JobView(await send(call))
  }

  /// Does a job again, as one new job however often it has to be sent.
  ///
  /// - Parameter key: The idempotency key.
  func retry(_ id: JobID, key: String) async throws -> JobView {
    var call = Call(method: .post, path: "/jobs/\(id)/retry", body: .json([:]))
    call.headers["Idempotency-Key"] = key
    return try JobView(await send(call))
  }

  /// Enqueues up to 1,000 jobs, each once however often the batch has to be sent.
  ///
  /// - Parameters:
  ///   - body: NDJSON, or a JSON array.
  ///   - key: Item `i` without a key of its own gets `key/i`.
  /// - Returns: `{"accepted","rejected","items":[{"index","status","job"|"problem"}]}`.
  func enqueueBatch(_ body: Body, key: String) async throws -> JSONValue {
    var call = Call(method: .post, path: "/jobs/batch", body: body, wait: .seconds(40))
    call.headers["Idempotency-Key"] = key
    let answer = try await send(call)
    guard answer["items"]?.elements != nil else { throw CommandError.unexpectedAnswer }
    return answer
  }
}
