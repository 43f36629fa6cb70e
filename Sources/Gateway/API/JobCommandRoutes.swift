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
    let key = try RequestHeaders(fields: request.headers).idempotencyKey()
    try await request.emptyBody()
    switch try await service.retry(id, key: key, by: principal) {
    case nil: throw Problem.noSuchJob
    case .refused(let job) where job.state == .succeeded:
      throw Problem(.jobSucceeded, "The job has succeeded; there is nothing to do again.")
    case .refused(let job):
      throw Problem(.jobNotOver, "The job is not over: it is \(job.state.name).")
    case .accepted(let accepted): return accepted.commandResponse
    }
  }
}

extension AcceptedJob {
  /// The answer of a command that has made the job.
  var commandResponse: Response {
    var headers: HTTPFields = [.location: "/api/v1/jobs/\(job.id)", .retryAfter: "1"]
    if isReplay { headers[.idempotencyReplayed] = "true" }
    return .json(job.json, status: .accepted, headers: headers)
  }
}

extension JobRecord {
  /// How it ended, after "it has".
  fileprivate var verdict: String {
    state == .cancelled ? "been cancelled" : state.name
  }
}
