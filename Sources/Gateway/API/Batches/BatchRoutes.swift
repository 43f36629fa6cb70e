import HTTPTypes
import Hummingbird
import Jobs
import NIOCore

/// `/api/v1/batches`: sets of jobs with an end of their own.
struct BatchRoutes: RouteGroup {
  let parts: RouteParts

  var routes: [Route] {
    [
      Route(.get, "/api/v1/batches", Self.listing, .user { try await list($1.query, $2) }),
      Route(
        .post, "/api/v1/batches", Self.creating, bodyLimit: JobBatch.bodyLimit,
        .user { request, context, principal in
          let key = try request.batchKey()
          return try await parts.batchGate.pass(for: principal.user) { meter in
            try await request.jsonBody(limit: JobBatch.bodyLimit, meter: meter)
          } store: { body in
            try await create(body, key, context, principal)
          }
        }),
      Route(.get, "/api/v1/batches/{id}", Self.showing, .user { try await show($1, $2) }),
      Route(
        .post, "/api/v1/batches/{id}/close", Self.closing, .user { try await close($0, $1, $2) }),
      Route(
        .post, "/api/v1/batches/{id}/cancel", Self.cancelling,
        .user { try await cancel($0, $1, $2) }),
    ]
  }

  private var service: any JobService { parts.service }

  private func list(_ query: Query, _ principal: Principal) async throws -> Response {
    let paging = try Paging<BatchKind>(
      query, limit: try query.pageLimit(), of: principal.user, filters: "batches",
      sign: parts.configuration.sign)
    let found = try await service.batches(
      of: principal.user, before: paging.before, limit: paging.asked)
    return paging.response(
      found, id: \.id, json: { .object($0.summary) }, link: "/api/v1/batches?")
  }

  private func create(
    _ body: ByteBuffer, _ key: String?, _ context: GatewayContext, _ principal: Principal
  ) async throws -> Response {
    let submission = try BatchSubmission(
      try body.json(limits: JobBatch.limits), principal: principal)
    let jobs = try submission.jobs(bytes: body.readableBytes)
    var asked = try submission.request(
      idempotencyKey: key, catalog: try await service.catalog())
    asked.jobs = jobs?.items.count
    let (batch, isReplay) = try await service.createBatch(asked, by: principal)
    var headers: HTTPFields = [.location: "/api/v1/batches/\(batch.id)"]
    if isReplay { headers[.idempotencyReplayed] = "true" }
    guard let jobs else { return .json(batch.json, status: .created, headers: headers) }
    let answer = try await BulkIntake(service: service, logger: context.logger)
      .accept(jobs, key: key, into: batch.id, by: principal)
    guard answer.passing.isEmpty else { throw Problem.notFull(batch.id, answer, key: key) }
    guard let closed = try await service.closeBatch(batch.id, by: principal) else {
      throw Problem.noSuchBatch
    }
    guard case .object(var members) = closed.json, case .object(let items) = answer.json else {
      throw Problem(.internalError, "The batch cannot be shown.")
    }
    members.merge(items) { $1 }
    return .json(.object(members), status: .created, headers: headers)
  }

  private func show(_ context: GatewayContext, _ principal: Principal) async throws -> Response {
    let id = try context.batchID()
    let wait = try context.query.integer("wait", in: 0...60) ?? 0
    guard let batch = try await service.batch(id, of: principal.user) else {
      throw Problem.noSuchBatch
    }
    guard wait > 0, batch.state != .finished, !parts.drain.isRaised else {
      return .json(batch.json)
    }
    let interruption = Interruption(
      drain: parts.drain, departure: parts.departures.signal(of: context.channel))
    let ended = try await interruption.race(orElse: batch) { [service] in
      try await service.waitForEnd(of: id, user: principal.user, timeout: .seconds(wait)) ?? batch
    }
    guard parts.drain.isRaised, ended.state != .finished else { return .json(ended.json) }
    return .json((try await service.batch(id, of: principal.user) ?? ended).json)
  }

  private func close(
    _ request: Request, _ context: GatewayContext, _ principal: Principal
  ) async throws -> Response {
    let id = try context.batchID()
    try await request.emptyBody()
    guard let batch = try await service.closeBatch(id, by: principal) else {
      throw Problem.noSuchBatch
    }
    return .json(batch.json)
  }

  private func cancel(
    _ request: Request, _ context: GatewayContext, _ principal: Principal
  ) async throws -> Response {
    let id = try context.batchID()
    try await request.emptyBody()
    guard let batch = try await service.cancelBatch(id, by: principal) else {
      throw Problem.noSuchBatch
    }
    return .json(batch.json, status: batch.state == .finished ? .ok : .accepted)
  }
}

extension GatewayContext {
  /// - Throws: A 400 problem for anything but a UUID.
  fileprivate func batchID() throws(Problem) -> BatchID {
    guard let id = parameters.get("id").flatMap({ BatchID($0) }) else {
      throw Problem(
        .malformedID, "A batch id is a UUID such as 0199c0de-0000-7000-8000-000000000000.")
    }
    return id
  }
}

extension Problem {
  /// For an unknown id and for another user's batch alike.
  fileprivate static var noSuchBatch: Problem {
    Problem(.batchNotFound, "The user has no batch with this id.")
  }

  /// For a batch that is left open, as some of its jobs were refused only for now.
  fileprivate static func notFull(_ id: BatchID, _ answer: BatchAnswer, key: String?) -> Problem {
    let passing = answer.passing
    let advice =
      key == nil
      ? "add those that are missing with their batch_id, then close it"
      : "send the request again with its Idempotency-Key"
    return Problem(
      .unavailable,
      "\(passing.count) of the jobs were refused only for now. The batch \(id) is open and not "
        + "full: \(advice).",
      headers: [
        .location: "/api/v1/batches/\(id)",
        .retryAfter: "\(passing.compactMap(\.retryAfter).max() ?? 1)",
      ],
      members: [
        "batch_id": .string("\(id)"), "accepted": .integer(Int64(answer.accepted)),
        "refused_for_now": .integer(Int64(passing.count)),
      ])
  }
}
