import Hummingbird
import Jobs

/// `/api/v1/workers`: who works, on what, and how to send one away.
struct WorkerRoutes: RouteGroup {
  let service: any JobService

  var routes: [Route] {
    [
      Route(
        .get, "/api/v1/workers", Self.listing,
        .user { _, context, principal in try await list(context, principal) }),
      Route(
        .post, "/api/v1/workers/{id}/drain", Self.draining, .user { try await drain($0, $1, $2) }),
    ]
  }

  private func list(_ context: GatewayContext, _ principal: Principal) async throws -> Response {
    let pool = try context.query.pool()
    let states = try states(context.query)
    let workers = try await service.workers(for: principal).filter { worker in
      (pool.map { worker.pools.contains($0) } ?? true)
        && (states.isEmpty || states.contains(worker.state))
    }
    return .json(["items": .array(workers.map(\.json))])
  }

  /// One or more states, separated by commas; empty for any.
  private func states(_ query: Query) throws(Problem) -> Set<WorkerRecord.State> {
    guard let text = query["state"] else { return [] }
    var states: Set<WorkerRecord.State> = []
    for name in text.split(separator: ",", omittingEmptySubsequences: false) {
      guard let state = WorkerRecord.State(rawValue: String(name)) else {
        let names = WorkerRecord.State.allCases.map(\.rawValue).joined(separator: ", ")
        throw Problem(
          .invalidQueryParameter, "A query parameter has a bad value.",
          faults: [.init(parameter: "state", "One or more of \(names), separated by commas.")])
      }
      states.insert(state)
    }
    return states
  }

  private func drain(
    _ request: Request, _ context: GatewayContext, _ principal: Principal
  ) async throws -> Response {
    try principal.checkOperator()
    guard let id = context.parameters.get("id").flatMap({ WorkerID($0) }) else {
      throw Problem(
        .malformedID, "A worker id is a UUID such as 0199c0de-0000-7000-8000-000000000000.")
    }
    try await request.emptyBody()
    guard let worker = try await service.drain(id, by: principal) else {
      throw Problem(.workerNotFound, "No worker has this id.")
    }
    return .json(worker.json, status: .accepted)
  }
}

extension Principal {
  /// Refuses who may not operate the system.
  ///
  /// - Throws: A 403 problem.
  func checkOperator() throws(Problem) {
    guard !role.mayOperate else { return }
    throw Problem(.operatorOnly, "The role '\(role.name)' may not operate the system.")
  }
}
