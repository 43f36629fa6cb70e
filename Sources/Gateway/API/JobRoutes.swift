import HTTPTypes
import Hummingbird
import HummingbirdCore
import Jobs

/// `/api/v1/jobs`: enqueue, list, show, and the steps.
struct JobRoutes: RouteGroup {
  let service: any JobService
  let configuration: GatewayConfiguration
  let drain: DrainSignal

  var routes: [Route] {
    [
      Route(.post, "/api/v1/jobs", .user { try await enqueue($0, $2) }),
      Route(
        .get, "/api/v1/jobs", query: ["state", "target", "limit", "cursor"],
        .user { try await list($1.query, $2) }),
      Route(.get, "/api/v1/jobs/{id}", query: ["wait"], .user { try await show($0, $1, $2) }),
      Route(.get, "/api/v1/jobs/{id}/steps", .user { try await steps($1, $2) }),
    ]
  }

  // MARK: POST /api/v1/jobs

  private func enqueue(_ request: Request, _ principal: Principal) async throws -> Response {
    let headers = RequestHeaders(fields: request.headers)
    let key = try headers.idempotencyKey()
    let submission = JobSubmission(
      body: try await request.json(limit: configuration.bodyLimit), principal: principal)
    _ = try submission.header()
    let jobRequest = try submission.request(
      idempotencyKey: key, catalog: try await service.catalog())
    let accepted = try await service.accept(
      jobRequest, by: principal, requestHash: jobRequest.fingerprint)
    let wait = headers.preferredWait()
    var job = accepted.job
    if let wait { job = try await ended(job, within: wait, of: principal.user) ?? job }
    var fields: HTTPFields = [.location: "/api/v1/jobs/\(job.id)"]
    if accepted.isReplay { fields[.idempotencyReplayed] = "true" }
    if let wait { fields[.preferenceApplied] = "wait=\(wait)" }
    let isDone = wait != nil && job.state.isFinal
    if isDone { fields[.eTag] = job.entityTag } else { fields[.retryAfter] = "1" }
    return .json(job.json, status: isDone ? .ok : .accepted, headers: fields)
  }

  // MARK: GET /api/v1/jobs/{id}

  private func show(
    _ request: Request, _ context: GatewayContext, _ principal: Principal
  ) async throws -> Response {
    let id = try jobID(context)
    let wait = try context.query.integer("wait", in: 0...60)
    guard var job = try await service.job(id, of: principal.user) else { throw noSuchJob }
    if let wait {
      guard let ended = try await ended(job, within: wait, of: principal.user) else {
        throw noSuchJob
      }
      job = ended
    }
    if RequestHeaders(fields: request.headers).noneMatchNames(job.entityTag) {
      return Response(status: .notModified, headers: [.eTag: job.entityTag])
    }
    return .json(job.json, headers: [.eTag: job.entityTag])
  }

  private func steps(_ context: GatewayContext, _ principal: Principal) async throws -> Response {
    let id = try jobID(context)
    guard let steps = try await service.steps(of: id, user: principal.user) else { throw noSuchJob }
    return .json(["items": .array(steps.map(\.json))])
  }

  private func jobID(_ context: GatewayContext) throws(Problem) -> JobID {
    guard let id = context.parameters.get("id").flatMap({ JobID($0) }) else {
      throw Problem(
        .malformedID, "A job id is a UUID such as 0199c0de-0000-7000-8000-000000000000.")
    }
    return id
  }

  private var noSuchJob: Problem { Problem(.jobNotFound, "The user has no job with this id.") }

  /// Waits for the job's end, not longer than this node lives.
  ///
  /// - Returns: The job as it then is; `nil` when it is gone.
  private func ended(
    _ job: JobRecord, within seconds: Int, of user: UserID
  ) async throws -> JobRecord? {
    guard !job.state.isFinal, seconds > 0, !drain.isDraining else { return job }
    return try await withThrowingTaskGroup(of: JobRecord?.self) { group in
      group.addTask {
        try await service.waitForEnd(of: job.id, user: user, timeout: .seconds(seconds))
      }
      group.addTask {
        await drain.wait()
        return job
      }
      // Whichever comes first: the service's answer, or the drain.
      let first = try await group.next() ?? job
      group.cancelAll()
      guard drain.isDraining, first?.state.isFinal == false else { return first }
      return try await service.job(job.id, of: user)
    }
  }
}

extension Response {
  /// A JSON answer.
  static func json(
    _ value: JSONValue, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
  ) -> Response {
    var headers = headers
    headers[.contentType] = "application/json"
    return Response(
      status: status, headers: headers,
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: value.json)))
  }
}
