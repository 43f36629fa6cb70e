import Jobs

/// The body of a command to dead steps: which of them.
struct DeadBody {
  private static let filters = ["steps", "target", "code", "fingerprint", "limit", "dry_run"]
  private let members: [String: JSONValue]

  /// - Parameter known: Members that the command has besides.
  /// - Throws: ``Problem`` for what is no object and for other members.
  init(_ body: JSONValue, known: [String]) throws(Problem) {
    members = try Problem.members(of: body, known: Self.filters + known)
  }

  subscript(name: String) -> JSONValue? { members[name] }

  /// A member that is `true` or `false`; `false` without it.
  func flag(_ name: String) throws(Problem) -> Bool {
    switch members[name] {
    case nil, .bool(false): return false
    case .bool(true): return true
    default:
      throw Problem(
        .invalidBody, "A member has a bad value.",
        faults: [.init(pointer: "/\(name)", "true or false.")])
    }
  }

  /// Adds what the body says to a filter.
  func narrow(_ filter: inout DeadFilter) throws(Problem) {
    if let value = members["limit"] {
      guard let limit = value.int, (1...1_000).contains(limit) else {
        throw fault("limit", "A whole number from 1 to 1000.")
      }
      filter.limit = Int(limit)
    }
    if let value = members["steps"] {
      guard let steps = value.elements?.map({ $0.text.flatMap { StepID($0) } }),
        (1...1_000).contains(steps.count), !steps.contains(nil)
      else { throw fault("steps", "1 to 1000 ids of steps.") }
      filter.steps = steps.compactMap(\.self)
      if members["limit"] == nil { filter.limit = filter.steps.count }
    }
    if let value = members["target"] {
      guard let target = value.text.flatMap({ Target($0) }) else {
        throw fault("target", "'agent:<name>' or 'skill:<namespace>.<verb>'.")
      }
      filter.target = target
    }
    filter.code = try text("code")
    filter.fingerprint = try text("fingerprint")
  }

  private func text(_ name: String) throws(Problem) -> String? {
    guard let value = members[name] else { return nil }
    guard let text = value.text, (1...300).contains(text.unicodeScalars.count) else {
      throw fault(name, "1 to 300 characters.")
    }
    return text
  }

  private func fault(_ name: String, _ detail: String) -> Problem {
    Problem(
      .invalidBody, "A member has a bad value.", faults: [.init(pointer: "/\(name)", detail)])
  }
}
