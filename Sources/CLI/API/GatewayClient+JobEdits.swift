import HTTP
import Jobs

extension GatewayClient {
  /// Changes the priority of a job that is not over, and of all that it has delegated.
  func prioritize(_ id: JobID, _ priority: Priority) async throws -> JobView {
    let call = Call(
      method: .post, path: "/jobs/\(id)/priority",
      body: .json(["priority": .string(priority.name)]), isRepeatable: true)
    return try JobView(await send(call))
  }

  /// Changes a job that is not due yet; what is said twice is changed once.
  ///
  /// - Parameter changes: `run_at` or `delay`, `input`.
  func edit(
    _ id: JobID, _ changes: [String: JSONValue], knowsGateway: Bool = false
  ) async throws -> JobView {
    let call = Call(
      method: .patch, path: "/jobs/\(id)", body: .json(.object(changes)),
      knowsGateway: knowsGateway, isRepeatable: true)
    return try JobView(await send(call))
  }

  /// What keeps a job from going on.
  func why(_ id: JobID) async throws -> WaitView {
    try WaitView(await send(Call(path: "/jobs/\(id)/why")))
  }

  /// The jobs of a job's tree, from its root on, in the order in which they were made: `items`.
  func tree(of id: JobID, knowsGateway: Bool = false) async throws -> JSONValue {
    try await list("/jobs/\(id)/tree", knowsGateway: knowsGateway)
  }
}
