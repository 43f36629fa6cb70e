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
    .missingToken, .malformedToken, .invalidToken, .forbidden, .unavailable,
  ]
  /// What comes with a body.
  private static let ofBodies: [ProblemKind] = [
    .malformedJSON, .unsupportedMediaType, .invalidBody, .unknownField,
  ]

  private let answers: [RouteAnswer]
  /// By status, each in the order of the catalogue.
  private let problems: [Int: [ProblemKind]]
  private let schemas: [Int: String]
  private let headers: [Int: [(name: String, detail: String)]]

  init(_ route: Route) {
    headers = route.document.problemHeaders
    answers = route.document.answers
    schemas = route.document.problemSchemas
    var kinds = Set(Self.common + route.document.problems)
    if route.needsToken { kinds.formUnion(Self.ofUsers) }
    if route.document.body != nil { kinds.formUnion(Self.ofBodies) }
    if route.document.refusesKey != nil { kinds.insert(.fieldNotSupportedYet) }
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
        Self.shared[status] == kinds && schemas[status] == nil && headers[status] == nil
        ? ["$ref": .string("#/components/responses/Error\(status)")]
        : Self.json(kinds, or: schemas[status], headers: headers[status] ?? [])
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

  /// - Parameters:
  ///   - other: A schema that the problem may have instead of `Problem`.
  ///   - headers: What comes besides that which each answer of a kind has.
  private static func json(
    _ kinds: [ProblemKind], or other: String? = nil,
    headers: [(name: String, detail: String)] = []
  ) -> JSONValue {
    let problem = Schema.ref("Problem")
    let list = kinds.map { "[`\($0.code)`](/problems/\($0.rawValue))" }.joined(separator: ", ")
    let codes = kinds.map { JSONValue.string($0.code) }
    var members: [String: JSONValue] = [
      "description": .string(list),
      "content": [
        "application/problem+json": [
          "schema": [
            "allOf": [
              other.map { Schema.oneOf(problem, Schema.ref($0)) } ?? problem,
              ["properties": ["code": ["enum": .array(codes)]]],
            ]
          ]
        ]
      ],
    ]
    let headers = kinds.flatMap(\.headers) + headers
    if !headers.isEmpty { members["headers"] = headerJSON(headers) }
    return .object(members)
  }
}

extension ProblemKind {
  /// The headers that come with each answer of the kind, and what they say.
  var headers: [(name: String, detail: String)] {
    switch self {
    case .missingToken, .malformedToken, .invalidToken:
      [(name: "WWW-Authenticate", detail: "`Bearer`, with what is wrong (RFC 6750).")]
    case .methodNotAllowed: [(name: "Allow", detail: "The methods of the path.")]
    case .rateLimited, .unavailable, .backlogFull, .notReady:
      [(name: "Retry-After", detail: "Seconds to wait before the request is sent again.")]
    default: []
    }
  }
}

/// The `headers` of an OpenAPI response, all of them text.
private func headerJSON(_ headers: [(name: String, detail: String)]) -> JSONValue {
  let pairs = headers.map { header in
    (header.name, ["description": .string(header.detail), "schema": ["type": "string"]])
      as (String, JSONValue)
  }
  return .object(Dictionary(pairs) { $1 })
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
    if !headers.isEmpty { members["headers"] = headerJSON(headers) }
    return .object(members)
  }
}
