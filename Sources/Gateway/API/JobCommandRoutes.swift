import HTTPTypes
import Hummingbird
import Jobs

/// `/api/v1/jobs/{id}/cancel` and `/retry`: what a user may do to a job that is there.
struct JobCommandRoutes: RouteGroup {
  let service: any JobService

  var routes: [Route] {
    [
      Route(
        .post, "/api/v1/jobs/{id}/cancel", Self.cancelling, .user { try await cancel($0, $1, $2) }),
      Route(
        .post, "/api/v1/jobs/{id}/retry", Self.retrying, .user { try await retry($0, $1, $2) }),
    ]
  }

  private func cancel(
    _ request: Request, _ context: GatewayContext, _ principal: Principal
  ) async throws -> Response {
    let id = try context.jobID()
    let wholeTree = try context.query.word("scope", of: ["job", "tree"]) == "tree"
    try await request.emptyBody()
    switch try await service.cancel(id, wholeTree: wholeTree, by: principal) {
    case nil: throw Problem.noSuchJob
    case .refused(let job): throw Problem(.jobOver, "It has \(job.verdict).")
    case .done(let job) where job.state.isFinal:
      return .json(job.json, headers: [.eTag: job.entityTag])
    case .done(let job): return .json(job.json, status: .accepted, headers: [.retryAfter: "1"])
    }
  }

  private func retry(
    _ request: Request, _ context: GatewayContext, _ principal: Principal
  ) async throws -> Response {
    let id = try context.jobID()
    // Whoever sends one relies on it, and a repetition would make another job.
    guard request.headers[.idempotencyKey] == nil else {
      throw Problem(
        .fieldNotSupportedYet, "This route does not support an Idempotency-Key.",
        faults: [.init(header: "idempotency-key", "Not supported yet.")])
    }
    try await request.emptyBody()
    switch try await service.retry(id, by: principal) {
    case nil: throw Problem.noSuchJob
    case .refused(let job) where job.state == .succeeded:
      throw Problem(.jobSucceeded, "The job has succeeded; there is nothing to do again.")
    case .refused(let job):
      throw Problem(.jobNotOver, "The job is not over: it is \(job.state.name).")
    case .done(let job):
      return .json(
        job.json, status: .accepted,
        headers: [.location: "/api/v1/jobs/\(job.id)", .retryAfter: "1"])
    }
  }
}

extension JobRecord {
  /// How it ended, after "it has".
  fileprivate var verdict: String {
    state == .cancelled ? "been cancelled" : state.name
  }
}
