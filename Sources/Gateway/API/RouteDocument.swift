import Jobs

/// What a route takes and what it answers, for the OpenAPI document; the handler does the same.
///
/// What every route has in common is not named: see ``OpenAPIDocument``.
struct RouteDocument: Sendable {
  /// The chapters of the document.
  enum Tag: String, Sendable, CaseIterable {
    case jobs = "Jobs"
    case webhooks = "Webhooks"
    case queues = "Queues"
    case workers = "Workers and pools"
    case operations = "Operations"
    case documentation = "Documentation"
  }

  /// Unique among the routes: the `operationId`.
  let id: String
  let tag: Tag
  /// A few words without a full stop.
  let summary: String
  /// Markdown: what the summary leaves open.
  var detail = ""
  /// Every parameter of the path, and the query parameters and headers that it knows.
  var parameters: [RouteParameter] = []
  /// `nil` when it takes none.
  var body: RouteBody?
  /// What it answers when nothing is wrong.
  let answers: [RouteAnswer]
  /// What may be wrong besides that which may be wrong with every request.
  var problems: [ProblemKind] = []
  /// Schemas that problems may have besides `Problem`, by status: names of ``ComponentSchemas``.
  var problemSchemas: [Int: String] = [:]
  /// Why an `Idempotency-Key` is refused, as the end of a sentence: a repetition would be something
  /// else, and there is nothing that could answer it as the first. `nil` where a key is taken, and
  /// where doing it twice is doing it once, so that a key is needless.
  var refusesKey: String?

  /// Whether a repeated request with the same `Idempotency-Key` is answered as the first.
  var takesKey: Bool { parameters.contains { $0.place == .header && $0.name == "Idempotency-Key" } }
  /// What comes with a problem, by its status: header names and sentences about them.
  var problemHeaders: [Int: [(name: String, detail: String)]] = [:]
}

/// A parameter of a route.
struct RouteParameter: Sendable {
  /// Where it is sent; the raw values are OpenAPI's.
  enum Place: String, Sendable {
    case path, query, header
  }

  let place: Place
  let name: String
  /// JSON Schema of its value, in text form.
  let schema: JSONValue
  /// A sentence.
  let detail: String
  /// Whether it must be there; what is part of the path always must.
  var isRequired = false
}

/// The body that a route takes.
struct RouteBody: Sendable {
  /// One media type of several.
  struct Form: Sendable {
    let mediaType: String
    let schema: JSONValue
    var example: JSONValue?
  }

  var isRequired = true
  let forms: [Form]
}

/// One answer of a route: a status, and what comes with it.
struct RouteAnswer: Sendable {
  let status: Int
  let detail: String
  /// `nil` for an answer without a body.
  var mediaType: String?
  /// Others that the client may prefer, with the same schema.
  var otherMediaTypes: [String] = []
  var schema: JSONValue?
  var example: JSONValue?
  /// Header names and sentences about them.
  var headers: [(name: String, detail: String)] = []

  /// An answer in JSON.
  static func json(
    _ status: Int, _ detail: String, _ schema: JSONValue,
    headers: [(name: String, detail: String)] = [], example: JSONValue? = nil
  ) -> Self {
    Self(
      status: status, detail: detail, mediaType: "application/json", schema: schema,
      example: example, headers: headers)
  }
}
