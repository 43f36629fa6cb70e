import ArgumentParser
import Jobs

/// The job that a batch's end makes.
struct CallbackTerms: ParsableArguments {
  @Option(
    name: .customLong("callback"),
    help: ArgumentHelp(
      "Once all jobs are over, make one for agent:<name> or skill:<namespace>.<verb>.",
      valueName: "target"))
  var target: Target?

  @Option(
    name: .customLong("callback-input"),
    help: ArgumentHelp(
      """
      What that job is to do: text for an agent, JSON for a skill. In it ${batch.id}, \
      ${batch.total}, ${batch.succeeded}, ${batch.failed}, ${batch.cancelled} and \
      ${batch.expired} are replaced.
      """, valueName: "text|json"))
  var input: String?

  @Option(name: .customLong("callback-priority"), help: "How urgent that job is.")
  var priority: Priority?

  @Option(
    name: .customLong("on"),
    help: "Make it always, only when all jobs succeeded, or only when one did not.")
  var condition: CallbackCondition?

  func validate() throws {
    guard let target else {
      if input != nil || priority != nil || condition != nil {
        throw ValidationError("--callback-input, --callback-priority and --on go with --callback.")
      }
      return
    }
    if case .agent = target, input == nil {
      throw ValidationError("An agent needs a --callback-input.")
    }
  }

  /// The field `callback` of the request; `nil` for a batch without one.
  ///
  /// - Throws: ``CommandError`` with status `usage` for a skill's input that is no JSON.
  func value() throws -> JSONValue? {
    guard let target else { return nil }
    var members: [String: JSONValue] = ["target": .string("\(target)"), "input": .object([:])]
    if let input { members["input"] = try Self.value(of: input, for: target) }
    members["priority"] = priority.map { .string($0.name) }
    members["on"] = condition.map { .string($0.name) }
    return .object(members)
  }

  private static func value(of input: String, for target: Target) throws -> JSONValue {
    guard case .skill = target else { return .string(input) }
    do {
      return try JSONValue(json: Array(input.utf8))
    } catch {
      throw CommandError.usage("the --callback-input is not JSON, which a skill takes")
    }
  }
}
