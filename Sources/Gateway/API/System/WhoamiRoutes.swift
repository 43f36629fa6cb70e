import Hummingbird
import Jobs

/// `/api/v1/whoami`: whom a token proves, and what they may do.
struct WhoamiRoutes: RouteGroup {
  let service: any JobService

  var routes: [Route] {
    [
      Route(
        .get, "/api/v1/whoami", Self.document,
        .user { _, _, principal in try await tell(principal) })
    ]
  }

  private func tell(_ principal: Principal) async throws -> Response {
    guard let token = try await service.terms(of: principal) else {
      throw Problem.unauthorized(
        .invalidToken, "The token has expired or was revoked.", error: "invalid_token")
    }
    let role = principal.role
    return .json([
      "user": ["id": .string(principal.user.description), "name": .string(principal.userName)],
      "role": [
        "name": .string(role.name), "targets": .array(role.targets.map { .string("\($0)") }),
        "maximum_priority": .string(role.maximumPriority.name),
        "may_operate": .bool(role.mayOperate), "weight": .integer(Int64(role.weight)),
      ],
      "token": [
        "id": .string(principal.token.description), "name": .string(token.name),
        "created_at": .time(token.createdAt), "expires_at": .time(token.expiresAt),
      ],
    ])
  }
}

extension WhoamiRoutes {
  static let document = RouteDocument(
    id: "whoAmI", tag: .operations, summary: "Tell whom the token proves, and what they may do",
    answers: [
      .json(
        200, "The user, their role, and the token without its secret.",
        Schema.object([
          "user": Schema.object(["id": Schema.uuid, "name": Schema.string()]),
          "role": Schema.object([
            "name": Schema.string(),
            "targets": Schema.array(
              of: Schema.string(),
              "What they may enqueue, and what their agents may call: targets, where a `*` at the "
                + "end stands for any rest."),
            "maximum_priority": Schema.word(
              "The most urgent that they may ask for.", of: Priority.allCases.map(\.name)),
            "may_operate": Schema.bool("Whether they may scale, drain, limit and pause."),
            "weight": Schema.integer(
              "Their share of a lane beside that of others.", from: 1, to: 100),
          ]),
          "token": Schema.object([
            "id": Schema.uuid, "name": Schema.string("What it was made for."),
            "created_at": Schema.time, "expires_at": Schema.time,
          ]),
        ]))
    ])
}
