import ArgumentParser
import Jobs

/// Which dead steps of a pool; all of them when nothing is said.
struct DeadFilter: ParsableArguments {
  @Option(help: "Only those of this agent or skill.")
  var target: Target?

  @Option(
    help: ArgumentHelp("Only those with this error, such as file_not_found.", valueName: "code"))
  var code: String?

  @Option(
    help: ArgumentHelp(
      "Only those that failed in this way, as `dead groups` shows it.", valueName: "fingerprint"))
  var fingerprint: String?

  /// By the names that queries and bodies have for them.
  var parts: [(name: String, value: String)] {
    [("target", target.map { "\($0)" }), ("code", code), ("fingerprint", fingerprint)]
      .compactMap { name, value in value.map { (name, $0) } }
  }
}

/// The dead steps of a pool that something is done to.
struct DeadSelection: ParsableArguments {
  /// What the gateway does at once.
  static let maximumLimit = 1_000

  @Option(help: ArgumentHelp("This step; may be given several times.", valueName: "id"))
  var step: [StepID] = []

  @OptionGroup var filter: DeadFilter

  @Option(help: "How many at most, 1 to 1000; 100 when not said.")
  var limit: Int?

  func validate() throws {
    if !step.isEmpty, !filter.parts.isEmpty {
      throw ValidationError("Give either --step, or --target, --code and --fingerprint.")
    }
    guard step.count <= Self.maximumLimit else {
      throw ValidationError("There are more than \(Self.maximumLimit) --step.")
    }
    guard (1...Self.maximumLimit).contains(limit ?? 1) else {
      throw ValidationError("--limit takes 1 to \(Self.maximumLimit).")
    }
  }

  /// A number of steps, in words.
  static func counted(_ count: Int64) -> String {
    count == 1 ? "1 dead step" : "\(count) dead steps"
  }

  /// The fields of the request.
  var members: [String: JSONValue] {
    var members: [String: JSONValue] = [:]
    if !step.isEmpty { members["steps"] = .array(step.map { .string("\($0)") }) }
    for (name, value) in filter.parts { members[name] = .string(value) }
    // Who names the steps means all of them.
    let most = limit ?? (step.isEmpty ? nil : step.count)
    members["limit"] = most.map { .integer(Int64($0)) }
    return members
  }
}
