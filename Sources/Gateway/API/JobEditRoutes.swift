import HTTPTypes
import Hummingbird
import Jobs

/// What may be changed of a job that waits, and why it does: `/priority`, `PATCH`, `/why`, `/tree`.
struct JobEditRoutes: RouteGroup {
  let service: any JobService
  let configuration: GatewayConfiguration

  var routes: [Route] {
    [
      Route(
        .post, "/api/v1/jobs/{id}/priority", Self.prioritizing,
        .user { try await prioritize($0, $1, $2) }),
      Route(.patch, "/api/v1/jobs/{id}", Self.editing, .user { try await edit($0, $1, $2) }),
      Route(.get, "/api/v1/jobs/{id}/why", Self.explaining, .user { try await why($1, $2) }),
      Route(.get, "/api/v1/jobs/{id}/tree", Self.tree, .user { try await tree($1, $2) }),
    ]
  }

  private func prioritize(
    _ request: Request, _ context: GatewayContext, _ principal: Principal
  ) async throws -> Response {
    let id = try context.jobID()
    let members = try await members(of: request, known: ["priority"])
    guard members["priority"] != nil else {
      throw Problem(
        .invalidBody, "The body lacks the priority.",
        faults: [.init(pointer: "/priority", "Required.")])
    }
    let priority = try JobSubmission.priority(members, allowedTo: principal)
    switch try await service.prioritize(id, priority, by: principal) {
    case nil: throw Problem.noSuchJob
    case .refused(let job): throw Problem(.jobOver, "It is \(job.state.name).")
    case .done(let job): return .json(job.json, headers: [.eTag: job.entityTag])
    }
  }

  private func edit(
    _ request: Request, _ context: GatewayContext, _ principal: Principal
  ) async throws -> Response {
    let id = try context.jobID()
    let members = try await members(of: request, known: ["run_at", "delay", "input"])
    guard !members.isEmpty else {
      throw Problem(.invalidBody, "Nothing is to be changed: send run_at, delay or input.")
    }
    guard let job = try await service.job(id, of: principal.user) else { throw Problem.noSuchJob }
    var body = members
    body["target"] = .string(job.target.description)
    let submission = JobSubmission(body: .object(body), principal: principal)
    let options = try submission.options()
    if members["input"] != nil {
      _ = try submission.input(of: job.target, catalog: try await service.catalog())
    }
    let outcome = try await service.reschedule(
      id, to: options.start, input: members["input"], by: principal)
    switch outcome {
    case nil: throw Problem.noSuchJob
    case .refused(let job):
      throw Problem(.jobNotScheduled, "It is \(job.state.name), not scheduled.")
    case .done(let job): return .json(job.json, headers: [.eTag: job.entityTag])
    }
  }

  private func why(_ context: GatewayContext, _ principal: Principal) async throws -> Response {
    let id = try context.jobID()
    guard let found = try await service.reasons(of: id, user: principal.user) else {
      throw Problem.noSuchJob
    }
    let (job, waits, isTruncated) = found
    return .json([
      "job": .string(job.id.description), "state": .string(job.state.name),
      "summary": .string(try await summary(job, waits)), "steps": .array(waits.map(\.json)),
      "truncated": .bool(isTruncated),
    ])
  }

  private func summary(_ job: JobRecord, _ waits: [WaitReason]) async throws -> String {
    if job.state.isFinal { return "The job is over: it is \(job.state.name)." }
    // What runs is no reason to wait.
    guard let first = waits.first(where: { $0.cause != .running }) ?? waits.first else {
      let orphans = try await service.lanes().reconciler.sweep?.jobs ?? []
      return orphans.contains(job.id)
        ? "It is not over and will never run on, which must not happen: tell an operator."
        : "Its next step is being made."
    }
    return first.detail
  }

  private func tree(_ context: GatewayContext, _ principal: Principal) async throws -> Response {
    let tree = try await service.tree(of: try context.jobID(), user: principal.user)
    guard !tree.jobs.isEmpty else { throw Problem.noSuchJob }
    return .json([
      "items": .array(tree.jobs.map { .object($0.summary) }), "truncated": .bool(tree.isTruncated),
    ])
  }

  private func members(
    of request: Request, known: [String]
  ) async throws -> [String: JSONValue] {
    try Problem.members(
      of: try await request.json(limit: configuration.bodyLimit), known: known)
  }
}

extension WaitReason {
  /// The reason as the API shows it.
  fileprivate var json: JSONValue {
    [
      "step": .string(step.description), "target": .string(target.description),
      "cause": .string(cause.rawValue), "detail": .string(detail), "remedy": .string(remedy),
      "ahead": ahead.map { .integer(Int64($0)) } ?? .null, "until": .time(until),
      "estimate_seconds": estimate.duration.map { .number($0 / .seconds(1)) } ?? .null,
      "estimate_basis": .string(estimate.basis),
    ]
  }
}
