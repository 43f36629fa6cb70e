import HTTPTypes
import Jobs

/// What becomes of each item of a batch, and the document that tells it.
struct BatchAnswer {
  private enum Entry {
    case waiting
    case job(AcceptedJob)
    case problem(Problem)
  }

  private var entries: [Entry]

  /// For a batch of so many items, of which nothing is known yet.
  init(count: Int) { entries = Array(repeating: .waiting, count: count) }

  mutating func accept(_ job: AcceptedJob, at index: Int) { entries[index] = .job(job) }

  mutating func refuse(_ problem: Problem, at index: Int) { entries[index] = .problem(problem) }

  /// How many items are jobs now.
  var accepted: Int { entries.count { if case .job = $0 { true } else { false } } }

  /// The problems of the items that were refused only for now, and would be taken later.
  var passing: [Problem] {
    entries.compactMap {
      if case .problem(let problem) = $0, problem.passes { problem } else { nil }
    }
  }

  /// `{"accepted","rejected","items"}`.
  var json: JSONValue {
    let accepted = accepted
    return [
      "accepted": .integer(Int64(accepted)),
      "rejected": .integer(Int64(entries.count - accepted)),
      "items": .array(entries.enumerated().map { Self.json($1, at: $0) }),
    ]
  }

  private static func json(_ entry: Entry, at index: Int) -> JSONValue {
    let index = JSONValue.integer(Int64(index))
    switch entry {
    case .job(let accepted) where accepted.isReplay:
      return ["index": index, "status": 200, "replayed": true, "job": accepted.job.json]
    case .job(let accepted) where accepted.isDuplicate:
      return ["index": index, "status": 202, "duplicate": true, "job": accepted.job.json]
    case .job(let accepted): return ["index": index, "status": 202, "job": accepted.job.json]
    case .problem(let problem): return json(problem, index)
    case .waiting: return json(Problem(.internalError, "The item could not be done."), index)
    }
  }

  private static func json(_ problem: Problem, _ index: JSONValue) -> JSONValue {
    var document = problem.document
    // What a single answer says in a header.
    if let delay = problem.retryAfter { document["retry_after"] = .integer(delay) }
    return [
      "index": index, "status": .integer(Int64(problem.kind.status)),
      "problem": .object(document),
    ]
  }
}

extension Problem {
  /// Whether the same request may be done later.
  fileprivate var passes: Bool { kind.status >= 500 || kind.status == 429 }

  /// In how many seconds to come again.
  var retryAfter: Int64? { headers[.retryAfter].flatMap { Int64($0) } }
}
