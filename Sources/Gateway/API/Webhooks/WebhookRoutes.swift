import HTTPTypes
import Hummingbird
import Jobs

/// `/api/v1/webhooks`: endpoints that are told of the ends of jobs.
struct WebhookRoutes: RouteGroup {
  let service: any JobService
  let configuration: GatewayConfiguration

  var routes: [Route] {
    [
      Route(.get, "/api/v1/webhooks", Self.listing, .user { try await list($2) }),
      Route(.post, "/api/v1/webhooks", Self.creating, .user { try await create($0, $2) }),
      Route(.get, "/api/v1/webhooks/{name}", Self.showing, .user { try await show($1, $2) }),
      Route(.patch, "/api/v1/webhooks/{name}", Self.editing, .user { try await edit($0, $1, $2) }),
      Route(
        .delete, "/api/v1/webhooks/{name}", Self.deleting, .user { try await delete($0, $1, $2) }),
      Route(
        .post, "/api/v1/webhooks/{name}/rotate", Self.rotating,
        .user { try await rotate($0, $1, $2) }),
    ]
  }

  private func list(_ principal: Principal) async throws -> Response {
    .json(["items": .array(try await service.webhooks(of: principal.user).map(\.json))])
  }

  private func create(_ request: Request, _ principal: Principal) async throws -> Response {
    let submission = try WebhookSubmission(
      try await request.json(limit: configuration.bodyLimit))
    let made = try await service.createWebhook(try submission.request(), by: principal)
    return .json(
      made.json, status: .created, headers: [.location: "/api/v1/webhooks/\(made.webhook.id)"])
  }

  private func show(_ context: GatewayContext, _ principal: Principal) async throws -> Response {
    .json(try await webhook(context, principal).json)
  }

  private func edit(
    _ request: Request, _ context: GatewayContext, _ principal: Principal
  ) async throws -> Response {
    let submission = try WebhookSubmission(
      try await request.json(limit: configuration.bodyLimit))
    let name = try context.webhookName()
    guard
      let changed = try await service.editWebhook(name, try submission.change(), by: principal)
    else { throw Problem.noSuchWebhook }
    return .json(changed.json)
  }

  private func delete(
    _ request: Request, _ context: GatewayContext, _ principal: Principal
  ) async throws -> Response {
    try await request.emptyBody()
    guard try await service.deleteWebhook(try context.webhookName(), by: principal) else {
      throw Problem.noSuchWebhook
    }
    return Response(status: .noContent)
  }

  private func rotate(
    _ request: Request, _ context: GatewayContext, _ principal: Principal
  ) async throws -> Response {
    let name = try context.webhookName()
    let time = try WebhookSubmission.keepingOld(
      try await request.json(limit: configuration.bodyLimit))
    guard
      let rotated = try await service.rotateWebhook(name, keepingOldFor: time, by: principal)
    else { throw Problem.noSuchWebhook }
    return .json(rotated.json)
  }

  private func webhook(
    _ context: GatewayContext, _ principal: Principal
  ) async throws -> WebhookRecord {
    let name = try context.webhookName()
    guard let webhook = try await service.webhook(name, of: principal.user) else {
      throw Problem.noSuchWebhook
    }
    return webhook
  }
}

extension GatewayContext {
  /// The path's `{name}`.
  ///
  /// - Throws: A 404 problem for what can be no name.
  func webhookName() throws(Problem) -> String {
    guard let name = parameters.get("name").flatMap({ Query.decode($0[...].utf8) }) else {
      throw Problem.noSuchWebhook
    }
    return name
  }
}

extension Problem {
  /// For an unknown name and for another user's endpoint alike.
  static var noSuchWebhook: Problem {
    Problem(.webhookNotFound, "The user has no webhook with this name or id.")
  }
}

extension WebhookRecord {
  /// The endpoint as the API shows it.
  fileprivate var members: [String: JSONValue] {
    [
      "id": .string(id.description), "name": request.name.map(JSONValue.string) ?? .null,
      "url": .string(request.url),
      "events": .array(request.events.map(\.rawValue).sorted().map(JSONValue.string)),
      "all_jobs": .bool(request.coversAllJobs),
      "state": .string(disabledAt == nil ? "active" : "disabled"),
      "disabled_reason": disablement.map { .string($0.rawValue) } ?? .null,
      "disabled_at": .time(disabledAt), "old_secret_expires_at": .time(oldSecretUntil),
      "created_at": .time(createdAt),
    ]
  }

  fileprivate var json: JSONValue { .object(members) }
}

extension WebhookWithSecret {
  /// The endpoint with its secret.
  fileprivate var json: JSONValue {
    .object(webhook.members.merging(["secret": .string(secret)]) { $1 })
  }
}
