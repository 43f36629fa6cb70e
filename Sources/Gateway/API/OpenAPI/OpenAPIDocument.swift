import HTTPTypes
import Jobs

/// The OpenAPI 3.1 document of a route table.
struct OpenAPIDocument {
  /// The version of the interface; what breaks a client makes it `2`, and the paths `/api/v2`.
  private static let version = "1.0"
  private static let detail = """
    OpenClaw runs jobs for AI agents. A job is accepted durably, done by workers, and read back \
    here.

    - **Errors** are `application/problem+json` (RFC 9457). Each `type` is a path that explains it.
    - **Nothing is ignored silently**: an unknown query parameter is a 400, an unknown member of a \
    body a 422.
    - **`HEAD`** is answered wherever `GET` is, and `OPTIONS` everywhere, with `Allow`.
    - **`X-Request-Id`** comes back with every answer and is in the logs; send your own (1 to 128 \
    characters of `A-Za-z0-9._-`) or get one.
    - **405** comes with `Allow`, for a method that a path does not have.
    - **Limits**: 1 MiB a body (16 MiB a batch), 8 KiB a URL, 16 KiB and 100 headers.
    """

  let routes: [Route]

  var json: JSONValue {
    [
      "openapi": "3.1.0",
      "info": [
        "title": "OpenClaw", "version": .string(Self.version),
        "description": .string(Self.detail + "\n" + keyRules),
      ],
      "servers": [["url": "/"]],
      "tags": .array(RouteDocument.Tag.allCases.map { ["name": .string($0.rawValue)] }),
      "paths": paths,
      "components": [
        "schemas": .object(ComponentSchemas.all), "responses": RouteResponses.components,
        "securitySchemes": [
          "token": [
            "type": "http", "scheme": "bearer",
            "description": "A token that `openclaw tokens` makes.",
          ]
        ],
      ],
    ]
  }

  /// What an `Idempotency-Key` does, as the routes have it.
  private var keyRules: String {
    func list(_ isMeant: (RouteDocument) -> Bool) -> String {
      routes.filter { isMeant($0.document) }
        .map { "`\($0.method.rawValue) \($0.template)`" }.sorted().joined(separator: ", ")
    }
    return """
      - **`Idempotency-Key`**, kept for 24 hours: a repeated request with the same key is answered \
      as the first was, with `Idempotency-Replayed`; another one with that key is a 422. A repetition \
      that comes while the first is under way waits for it and is answered with the same job, so \
      there is no 409 for that.
      - **A key is taken by** \(list(\.takesKey)).
      - **A key is refused** (422, `not_supported_yet`) by \(list { $0.refusesKey != nil }): a \
      repetition would be something else.
      - **A key is needless and ignored** by all others that change something (`PUT`, `PATCH`, \
      `DELETE`, cancel, close, pause, resume, drain, priority): doing it twice is doing it once.
      """
  }

  private var paths: JSONValue {
    let templates = Dictionary(grouping: routes, by: \.template)
    return .object(
      templates.mapValues { routes in
        let operations = routes.map { ($0.method.rawValue.lowercased(), Self.operation($0)) }
        return .object(Dictionary(operations) { $1 })
      })
  }

  private static func operation(_ route: Route) -> JSONValue {
    let document = route.document
    var members: [String: JSONValue] = [
      "operationId": .string(document.id), "tags": [.string(document.tag.rawValue)],
      "summary": .string(document.summary), "responses": RouteResponses(route).json,
      "security": route.needsToken ? [["token": []]] : [],
    ]
    let refusal = document.refusesKey.map {
      "An `Idempotency-Key` is refused (422, `not_supported_yet`): \($0)."
    }
    let detail = [document.detail, refusal ?? ""].filter { !$0.isEmpty }.joined(separator: " ")
    if !detail.isEmpty { members["description"] = .string(detail) }
    if !document.parameters.isEmpty {
      members["parameters"] = .array(document.parameters.map(\.json))
    }
    members["requestBody"] = document.body?.json
    return .object(members)
  }
}

extension RouteParameter {
  /// An OpenAPI parameter.
  fileprivate var json: JSONValue {
    var members: [String: JSONValue] = [
      "in": .string(place.rawValue), "name": .string(name), "schema": schema,
      "description": .string(detail), "required": .bool(place == .path || isRequired),
    ]
    // A list is one value with commas.
    if schema["type"]?.text == "array" {
      members["style"] = "form"
      members["explode"] = false
    }
    return .object(members)
  }
}

extension RouteBody {
  /// An OpenAPI request body.
  fileprivate var json: JSONValue {
    let content = forms.map { form in
      var members: [String: JSONValue] = ["schema": form.schema]
      members["example"] = form.example
      return (form.mediaType, JSONValue.object(members))
    }
    return ["required": .bool(isRequired), "content": .object(Dictionary(content) { $1 })]
  }
}
