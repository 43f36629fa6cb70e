import Hummingbird
import Jobs

extension JobRoutes {
  /// `GET /api/v1/jobs`: the newest first, page by page.
  func list(_ query: Query, _ principal: Principal) async throws -> Response {
    let limit = try query.pageLimit()
    var filter = JobFilter()
    filter.states = try states(query)
    filter.target = try query.target()
    filter.batch = try query.batch()
    let filters = JobRoutes.canonical(filter)
    let paging = try Paging<JobKind>(
      query, limit: limit, of: principal.user, filters: filters, sign: parts.configuration.sign)
    filter.limit = paging.asked
    filter.before = paging.before
    let found = try await parts.service.jobs(filter, of: principal.user)
    return paging.response(
      found, id: \.id, json: { .object($0.summary) }, link: "/api/v1/jobs?\(filters)")
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
