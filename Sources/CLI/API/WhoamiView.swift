import Jobs

/// Whom a token proves, as the API tells it.
struct WhoamiView: Sendable {
  let document: JSONValue
  let user: String
  let role: String
  /// Such as `agent:*`.
  let targets: [String]
  let maximumPriority: String
  let mayOperate: Bool
  let tokenID: String
  let tokenName: String
  /// RFC 3339.
  let expiresAt: String?

  /// - Throws: ``CommandError`` when the document tells no such thing.
  init(_ document: JSONValue) throws {
    guard let user = document["user"]?["name"]?.text, let role = document["role"]?["name"]?.text,
      let tokenID = document["token"]?["id"]?.text
    else { throw CommandError.unexpectedAnswer }
    self.document = document
    self.user = user
    self.role = role
    self.tokenID = tokenID
    targets = (document["role"]?["targets"]?.elements ?? []).compactMap(\.text)
    maximumPriority = document["role"]?["maximum_priority"]?.text ?? "?"
    mayOperate = document["role"]?["may_operate"] == .bool(true)
    tokenName = document["token"]?["name"]?.text ?? ""
    expiresAt = document["token"]?["expires_at"]?.text
  }
}

extension GatewayClient {
  /// Whom the token proves.
  func whoami() async throws -> WhoamiView { try WhoamiView(await send(Call(path: "/whoami"))) }
}
