import HTTPTypes
import Hummingbird
import HummingbirdCore
import Jobs

/// `/api/v1/jobs`: enqueue, list, show, and the steps.
struct JobRoutes: RouteGroup {
  let parts: RouteParts

  var routes: [Route] {
    [
      Route(.post, "/api/v1/jobs", Self.enqueueing, .user { try await enqueue($0, $1, $2) }),
      Route(.get, "/api/v1/jobs", Self.listing, .user { try await list($1.query, $2) }),
      Route(.get, "/api/v1/jobs/{id}", Self.showing, .user { try await show($0, $1, $2) }),
      Route(.get, "/api/v1/jobs/{id}/steps", Self.steps, .user { try await steps($1, $2) }),
    ]
  }

  private var service: any JobService { parts.service }

  // MARK: POST /api/v1/jobs

  private func enqueue(
    _ request: Request, _ context: GatewayContext, _ principal: Principal
  ) async throws -> Response {
    let headers = RequestHeaders(fields: request.headers)
    let key = try headers.idempotencyKey()
    var submission = JobSubmission(
      body: try await request.json(limit: parts.configuration.bodyLimit), principal: principal)
    let header = try submission.header()
    if submission.namesWebhook {
      submission.webhooks = try await service.webhooks(of: principal.user)
    }
    let jobRequest = try submission.request(
      header, idempotencyKey: key, catalog: try await service.catalog())
    let accepted = try await service.accept(jobRequest, by: principal)
    let wait = headers.preferredWait()
    var job = accepted.job
    if let wait { job = try await ended(job, within: wait, of: principal.user, context) ?? job }
    var fields: HTTPFields = [.location: "/api/v1/jobs/\(job.id)"]
    if accepted.isReplay { fields[.idempotencyReplayed] = "true" }
    if accepted.isDuplicate { fields[.uniqueDuplicate] = "true" }
    if let wait { fields[.preferenceApplied] = "wait=\(wait)" }
    let isDone = wait != nil && job.state.isFinal
    if isDone { fields[.eTag] = job.entityTag } else { fields[.retryAfter] = "1" }
    return .json(job.json, status: isDone ? .ok : .accepted, headers: fields)
  }

  // MARK: GET /api/v1/jobs/{id}

  private func show(
    _ request: Request, _ context: GatewayContext, _ principal: Principal
  ) async throws -> Response {
    let id = try context.jobID()
    let wait = try context.query.integer("wait", in: 0...60)
    guard var job = try await service.job(id, of: principal.user) else { throw Problem.noSuchJob }
    if let wait {
      guard let ended = try await ended(job, within: wait, of: principal.user, context) else {
        throw Problem.noSuchJob
      }
      job = ended
    }
    if RequestHeaders(fields: request.headers).noneMatchNames(job.entityTag) {
      return Response(status: .notModified, headers: [.eTag: job.entityTag])
    }
    return .json(job.json, headers: [.eTag: job.entityTag])
  }

  private func steps(_ context: GatewayContext, _ principal: Principal) async throws -> Response {
    let id = try context.jobID()
    let paging = try Paging<StepKindTag>(
      context.query, limit: try context.query.pageLimit(default: 200), of: principal.user,
      filters: "steps of \(id)", sign: parts.configuration.sign)
    let found = try await service.steps(
      of: id, user: principal.user, after: paging.before, limit: paging.asked)
    guard let found else { throw Problem.noSuchJob }
    return paging.response(found, id: \.id, json: \.json, link: "/api/v1/jobs/\(id)/steps?")
  }

  /// Waits for the job's end, not longer than this node lives and the client stays.
  ///
  /// - Returns: The job as it then is; `nil` when it is gone.
  private func ended(
    _ job: JobRecord, within seconds: Int, of user: UserID, _ context: GatewayContext
  ) async throws -> JobRecord? {
    let (service, drain) = (parts.service, parts.drain)
    guard !job.state.isFinal, seconds > 0, !drain.isRaised else { return job }
    let departure = parts.departures.signal(of: context.channel)
    let first = try await Interruption(drain: drain, departure: departure).race(orElse: job) {
      try await service.waitForEnd(of: job.id, user: user, timeout: .seconds(seconds))
    }
    guard drain.isRaised, first?.state.isFinal == false else { return first }
    return try await service.job(job.id, of: user)
  }
}

extension GatewayContext {
  /// The path's `{id}`.
  ///
  /// - Throws: A 400 problem for anything but a UUID.
  func jobID() throws(Problem) -> JobID {
    guard let id = parameters.get("id").flatMap({ JobID($0) }) else {
      throw Problem(
        .malformedID, "A job id is a UUID such as 0199c0de-0000-7000-8000-000000000000.")
    }
    return id
  }
}

extension Problem {
  /// For an unknown id and for another user's job alike.
  static var noSuchJob: Problem { Problem(.jobNotFound, "The user has no job with this id.") }
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
