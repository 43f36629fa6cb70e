import Jobs

/// Every status that a route can answer with: its own, and those of the problems that it and every
/// request may meet.
struct RouteResponses {
  /// What may be wrong with any request, before its route is asked.
  private static let common: [ProblemKind] = [
    .malformedRequest, .malformedHeader, .duplicateHeader, .malformedQuery,
    .duplicateQueryParameter, .unknownQueryParameter, .tokenInQuery, .requestTimeout,
    .bodyTooLarge, .targetTooLong, .expectationFailed, .headersTooLarge, .internalError,
    .unsupportedVersion,
  ]
  /// What comes with a token, and with asking the system behind.
  private static let ofUsers: [ProblemKind] = [
    .missingToken, .malformedToken, .invalidToken, .forbidden, .rateLimited, .unavailable,
  ]
  /// What comes with a body.
  private static let ofBodies: [ProblemKind] = [
    .malformedJSON, .unsupportedMediaType, .invalidBody, .unknownField,
  ]

  private let answers: [RouteAnswer]
  /// By status, each in the order of the catalogue.
  private let problems: [Int: [ProblemKind]]
  private let headers: [Int: [(name: String, detail: String)]]

  init(_ route: Route) {
    headers = route.document.problemHeaders
    answers = route.document.answers
    var kinds = Set(Self.common + route.document.problems)
    if route.needsToken { kinds.formUnion(Self.ofUsers) }
    if route.document.body != nil { kinds.formUnion(Self.ofBodies) }
    problems = Dictionary(grouping: ProblemKind.allCases.filter(kinds.contains), by: \.status)
  }

  /// Sorted.
  var statuses: [Int] { Set(answers.map(\.status) + problems.keys).sorted() }

  /// The `code` of every problem, sorted.
  var codes: [String] { Set(problems.values.joined().map(\.code)).sorted() }

  /// The `responses` of an OpenAPI operation.
  var json: JSONValue {
    var members: [String: JSONValue] = [:]
    for answer in answers { members[String(answer.status)] = answer.json }
    for (status, kinds) in problems {
      members[String(status)] =
        Self.shared[status] == kinds && headers[status] == nil
        ? ["$ref": .string("#/components/responses/Error\(status)")]
        : Self.json(kinds, headers: headers[status] ?? [])
    }
    return .object(members)
  }

  /// The answers that many routes have in the same form, by name.
  static var components: JSONValue {
    let named = shared.map { status, kinds in ("Error\(status)", json(kinds)) }
    return .object(Dictionary(named) { $1 })
  }

  /// By status, each in the order of the catalogue.
  private static let shared: [Int: [ProblemKind]] = {
    let kinds = Set(common + ofUsers)
    return Dictionary(grouping: ProblemKind.allCases.filter(kinds.contains), by: \.status)
  }()

  private static func json(
    _ kinds: [ProblemKind], headers: [(name: String, detail: String)] = []
  ) -> JSONValue {
    let list = kinds.map { "[`\($0.code)`](/problems/\($0.rawValue))" }.joined(separator: ", ")
    let codes = kinds.map { JSONValue.string($0.code) }
    var members: [String: JSONValue] = [
      "description": .string(list),
      "content": [
        "application/problem+json": [
          "schema": [
            "allOf": [
              Schema.ref("Problem"), ["properties": ["code": ["enum": .array(codes)]]],
            ]
          ]
        ]
      ],
    ]
    if !headers.isEmpty { members["headers"] = described(headers) }
    return .object(members)
  }

  /// The `headers` of an OpenAPI response.
  fileprivate static func described(_ headers: [(name: String, detail: String)]) -> JSONValue {
    let pairs = headers.map { header in
      (header.name, ["description": .string(header.detail), "schema": ["type": "string"]])
        as (String, JSONValue)
    }
    return .object(Dictionary(pairs) { $1 })
  }
}

extension RouteAnswer {
  /// An OpenAPI response.
  fileprivate var json: JSONValue {
    var members: [String: JSONValue] = ["description": .string(detail)]
    if let mediaType {
      var content: [String: JSONValue] = [:]
      content["schema"] = schema
      content["example"] = example
      let types = ([mediaType] + otherMediaTypes).map { ($0, JSONValue.object(content)) }
      members["content"] = .object(Dictionary(types) { $1 })
    }
    if !headers.isEmpty { members["headers"] = RouteResponses.described(headers) }
    return .object(members)
  }
}
