import FoundationEssentials
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
    filter.session = try query.session()
    filter.uniqueKey = try query.uniqueKey()
    filter.priority = try query.word("priority", of: Priority.allCases.map(\.name))
      .flatMap(Priority.init(name:))
    filter.retryOf = try query.job("retry_of")
    filter.createdAfter = try query.time("created_after")
    filter.createdBefore = try query.time("created_before")
    filter.includesInternal = try query.word("deliveries", of: ["true", "false"]) == "true"
    let filters = JobRoutes.canonical(filter, query)
    let paging = try Paging<JobKind>(
      query, limit: limit, of: principal.user, filters: filters, sign: parts.configuration.sign)
    filter.limit = paging.asked
    filter.before = paging.before
    let found = try await parts.service.jobs(filter, of: principal.user)
    return paging.response(
      found, id: \.id, json: { .object($0.summary) }, link: "/api/v1/jobs?\(filters)")
  }

  /// The filters as a query, equal for equal filters: what a cursor is bound to.
  private static func canonical(_ filter: JobFilter, _ query: Query) -> String {
    var text = ""
    if !filter.states.isEmpty {
      text += "state=" + filter.states.map(\.name).joined(separator: ",") + "&"
    }
    if let target = filter.target { text += "target=\(target)&" }
    if let batch = filter.batch { text += "batch_id=\(batch)&" }
    if let old = filter.retryOf { text += "retry_of=\(old)&" }
    if filter.includesInternal { text += "deliveries=true&" }
    for name in ["session_id", "unique_key", "priority", "created_after", "created_before"] {
      if let value = query[name] { text += "\(name)=\(Query.encode(value))&" }
    }
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

extension Query {
  /// The parameter `session_id`; `nil` when it is missing.
  fileprivate func session() throws(Problem) -> SessionName? {
    guard let text = self["session_id"] else { return nil }
    guard let name = SessionName(stored: text) else {
      throw Problem.badParameter("session_id", SessionName.form)
    }
    return name
  }

  /// The parameter `unique_key`; `nil` when it is missing.
  fileprivate func uniqueKey() throws(Problem) -> String? {
    guard let text = self["unique_key"] else { return nil }
    guard Uniqueness(key: text) != nil else {
      throw Problem.badParameter("unique_key", "1 to 255 printable ASCII characters.")
    }
    return text
  }

  /// The id of a job; `nil` when the parameter is missing.
  fileprivate func job(_ name: String) throws(Problem) -> JobID? {
    guard let text = self[name] else { return nil }
    guard let job = JobID(text) else { throw Problem.badParameter(name, "The UUID of a job.") }
    return job
  }

  /// A point in time; `nil` when the parameter is missing.
  fileprivate func time(_ name: String) throws(Problem) -> Date? {
    guard let text = self[name] else { return nil }
    guard let instant = date(ofTimestamp: text) else {
      throw Problem.badParameter(
        name, "A time such as '2026-11-22T13:22:09Z' (RFC 3339), with its offset; '+' is '%2B'.")
    }
    return instant
  }
}

extension Problem {
  fileprivate static func badParameter(_ name: String, _ detail: String) -> Problem {
    Problem(
      .invalidQueryParameter, "A query parameter has a bad value.",
      faults: [.init(parameter: name, detail)])
  }
}
