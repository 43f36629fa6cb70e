import HTTP
import Jobs

extension GatewayClient {
  /// The user's webhooks: `items`.
  func webhooks() async throws -> JSONValue { try await list("/webhooks") }

  /// A webhook, by its name or its id.
  func webhook(_ name: String) async throws -> WebhookView {
    try WebhookView(await send(Call(path: Self.path(of: name))))
  }

  /// Makes a webhook, with its secret. Not repeated: there would be two.
  func createWebhook(_ webhook: [String: JSONValue]) async throws -> WebhookView {
    let call = Call(method: .post, path: "/webhooks", body: .json(.object(webhook)))
    return try WebhookView(await send(call))
  }

  /// Changes a webhook; what is said twice is changed once.
  func editWebhook(_ name: String, _ changes: [String: JSONValue]) async throws -> WebhookView {
    let call = Call(
      method: .patch, path: Self.path(of: name), body: .json(.object(changes)),
      isRepeatable: true)
    return try WebhookView(await send(call))
  }

  /// Deletes a webhook.
  func deleteWebhook(_ name: String) async throws {
    _ = try await send(
      Call(method: .delete, path: Self.path(of: name), goneCode: "webhook_not_found"))
  }

  /// Gives a webhook a new secret. Not repeated: each call makes one.
  ///
  /// - Parameter time: How long the old one signs, too; `nil` for what the gateway says.
  func rotateWebhook(_ name: String, keepingOldFor time: String?) async throws -> WebhookView {
    var body: [String: JSONValue] = [:]
    body["keep_old_for"] = time.map { .string($0) }
    let call = Call(
      method: .post, path: "\(Self.path(of: name))/rotate", body: .json(.object(body)))
    return try WebhookView(await send(call))
  }

  /// What a webhook was told: `items` and, unless it is the last page, `next_cursor`.
  func deliveries(
    of name: String, _ query: [(name: String, value: String)]
  ) async throws -> JSONValue {
    try await list("\(Self.path(of: name))/deliveries", query)
  }

  /// Tells a webhook again. Not repeated: each call sends it once more.
  func replay(_ delivery: DeliveryID, of name: String) async throws -> DeliveryView {
    let path = "\(Self.path(of: name))/deliveries/\(delivery)/replay"
    return try DeliveryView(await send(Call(method: .post, path: path, body: .json([:]))))
  }

  private static func path(of webhook: String) -> String { "/webhooks/\(segment(webhook))" }
}
