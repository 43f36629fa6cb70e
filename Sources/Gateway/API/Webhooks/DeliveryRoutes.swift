import HTTPTypes
import Hummingbird
import Jobs

/// `/api/v1/webhooks/{name}/deliveries`: what an endpoint was told, and telling it again.
struct DeliveryRoutes: RouteGroup {
  let service: any JobService
  let configuration: GatewayConfiguration

  var routes: [Route] {
    [
      Route(
        .get, "/api/v1/webhooks/{name}/deliveries", Self.listing, .user { try await list($1, $2) }),
      Route(
        .post, "/api/v1/webhooks/{name}/deliveries/{id}/replay", Self.replaying,
        .user { try await replay($0, $1, $2) }),
    ]
  }

  private func list(_ context: GatewayContext, _ principal: Principal) async throws -> Response {
    let limit = try context.query.pageLimit()
    let name = try context.webhookName()
    // Under the name of the path, so that a cursor of a job's listing is none here.
    let paging = try Paging<DeliveryKind>(
      context.query, limit: limit, of: principal.user, filters: "deliveries of \(name)",
      sign: configuration.sign)
    let found = try await service.deliveries(
      of: name, user: principal.user, limit: paging.asked, before: paging.before)
    guard let found else { throw Problem.noSuchWebhook }
    // As it came, percent-encoded.
    let path = context.parameters.get("name") ?? name
    return paging.response(
      found, id: \.id, json: \.json, link: "/api/v1/webhooks/\(path)/deliveries?")
  }

  private func replay(
    _ request: Request, _ context: GatewayContext, _ principal: Principal
  ) async throws -> Response {
    try await request.emptyBody()
    guard let id = context.parameters.get("id").flatMap({ DeliveryID($0) }),
      let replayed = try await service.replay(
        id, of: try context.webhookName(), by: principal)
    else { throw Problem(.deliveryNotFound, "The webhook has no delivery with this id.") }
    return .json(replayed.json, status: .accepted, headers: [.retryAfter: "1"])
  }
}

extension DeliveryRecord {
  /// The delivery as the API shows it.
  fileprivate var json: JSONValue {
    [
      "id": .string(id.description), "event": .string(event.rawValue),
      "job_id": job.map { .string($0.description) } ?? .null,
      "batch_id": batch.map { .string($0.description) } ?? .null,
      "delivery_job_id": deliveryJob.map { .string($0.description) } ?? .null,
      "state": .string(state.rawValue), "attempts": .integer(Int64(attempts)),
      "last_status": lastStatus.map { .integer(Int64($0)) } ?? .null,
      "last_error": lastError.map(JSONValue.string) ?? .null,
      "next_attempt_at": .time(nextAttemptAt), "created_at": .time(createdAt),
      "attempted_at": .time(attemptedAt), "delivered_at": .time(deliveredAt),
    ]
  }
}
