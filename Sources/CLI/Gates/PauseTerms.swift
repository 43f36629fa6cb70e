import ArgumentParser
import Jobs

/// Why something is paused, and for how long.
struct PauseTerms: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Whoever waits reads it. Else a pause that there is keeps its reason.", valueName: "text"))
  var reason: String?

  @Option(
    name: .customLong("for"),
    help: ArgumentHelp(
      "How long, such as 30m. Else a pause that there is keeps its end, and a new one has none.",
      valueName: "duration"))
  var length: DurationArgument?

  @Flag(help: "Pause until somebody resumes it, whatever was said before.")
  var endless = false

  func validate() throws {
    guard reason?.allSatisfy(\.isWhitespace) != true else {
      throw ValidationError("--reason is empty.")
    }
    if length != nil, endless { throw ValidationError("Give either --for or --endless.") }
  }

  /// The fields of the request.
  var members: [String: JSONValue] {
    var members: [String: JSONValue] = [:]
    members["reason"] = reason.map { .string($0) }
    members["for"] = length.map { .string($0.text) }
    if endless { members["for"] = .null }
    return members
  }
}
