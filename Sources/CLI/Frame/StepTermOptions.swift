import ArgumentParser
import Jobs

/// How long jobs may wait and their steps may run, and how often these are tried; part of the
/// commands that make jobs and of those that make schedules.
struct StepTermOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How long a job may wait for its first step to start.", valueName: "duration"))
  var queueTimeout: DurationArgument?

  @Option(
    help: ArgumentHelp("How long one of its steps may run, 10m at most.", valueName: "duration"))
  var stepTimeout: DurationArgument?

  @Option(
    help: ArgumentHelp(
      "How long a step may run without a sign of progress, 10m at most.", valueName: "duration"))
  var idleTimeout: DurationArgument?

  @Option(
    help: ArgumentHelp(
      "How often each of its steps may be tried, 1 to 20; 1 never tries again.",
      valueName: "count"))
  var maxAttempts: Int?

  func validate() throws {
    if let maxAttempts, !JobOptions.attemptRange.contains(maxAttempts) {
      throw ValidationError("--max-attempts takes 1 to 20.")
    }
  }

  /// The field `timeouts` of the request; `nil` when no time limit was said.
  var timeouts: JSONValue? {
    var timeouts: [String: JSONValue] = [:]
    timeouts["queue"] = queueTimeout.map { .string($0.text) }
    timeouts["step"] = stepTimeout.map { .string($0.text) }
    timeouts["idle"] = idleTimeout.map { .string($0.text) }
    return timeouts.isEmpty ? nil : .object(timeouts)
  }

  /// The fields of the request; none for what was not said.
  var members: [String: JSONValue] {
    var members: [String: JSONValue] = [:]
    members["timeouts"] = timeouts
    members["max_attempts"] = maxAttempts.map { .integer(Int64($0)) }
    return members
  }
}
