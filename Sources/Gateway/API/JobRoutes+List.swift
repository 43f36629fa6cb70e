import HTTPTypes
import Hummingbird
import Jobs

extension JobRoutes {
  /// `GET /api/v1/jobs`: the newest first, page by page.
  func list(_ query: Query, _ principal: Principal) async throws -> Response {
    let limit = try query.integer("limit", in: 1...200) ?? 50
    var filter = JobFilter()
    filter.states = try states(query)
    filter.target = try query.target()
    filter.batch = try query.batch()
    // One more than is shown tells whether there is a next page.
    filter.limit = limit + 1
    let codec = CursorCodec(sign: parts.configuration.sign)
    let filters = JobRoutes.canonical(filter)
    if let cursor = query["cursor"] {
      filter.before = try codec.decode(cursor, of: principal.user, filters: filters)
    }
    let found = try await parts.service.jobs(filter, of: principal.user)
    let shown = found.prefix(limit)
    var body: [String: JSONValue] = [
      "items": .array(shown.map { .object($0.summary) }), "next_cursor": .null,
    ]
    var headers: HTTPFields = [:]
    if found.count > limit, let last = shown.last {
      let cursor = codec.encode(after: last.id, of: principal.user, filters: filters)
      body["next_cursor"] = .string(cursor)
      headers[.link] = "</api/v1/jobs?\(filters)limit=\(limit)&cursor=\(cursor)>; rel=\"next\""
    }
    return .json(.object(body), headers: headers)
  }

  /// The filters as a query, equal for equal filters: what a cursor is bound to.
  private static func canonical(_ filter: JobFilter) -> String {
    var text = ""
    if !filter.states.isEmpty {
      text += "state=" + filter.states.map(\.name).joined(separator: ",") + "&"
    }
    if let target = filter.target { text += "target=\(target)&" }
    if let batch = filter.batch { text += "batch_id=\(batch)&" }
    return text
  }

  /// One or more states, separated by commas.
  private func states(_ query: Query) throws(Problem) -> [JobState] {
    guard let text = query["state"] else { return [] }
    var states: Set<JobState> = []
    for name in text.split(separator: ",", omittingEmptySubsequences: false) {
      guard let state = JobState.allCases.first(where: { $0.name.utf8.elementsEqual(name.utf8) })
      else {
        let names = JobState.allCases.map(\.name).joined(separator: ", ")
        throw Problem(
          .invalidQueryParameter, "A query parameter has a bad value.",
          faults: [.init(parameter: "state", "One or more of \(names), separated by commas.")])
      }
      states.insert(state)
    }
    return states.sorted { $0.rawValue < $1.rawValue }
  }
}
