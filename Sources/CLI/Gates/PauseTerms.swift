import ArgumentParser
import Jobs

/// Why something is paused, and for how long.
struct PauseTerms: ParsableArguments {
  @Option(help: ArgumentHelp("Whoever waits reads it.", valueName: "text"))
  var reason: String

  @Option(
    name: .customLong("for"),
    help: ArgumentHelp(
      "How long, such as 30m; else until somebody resumes it.", valueName: "duration"))
  var length: DurationArgument?

  func validate() throws {
    guard !reason.allSatisfy(\.isWhitespace) else { throw ValidationError("--reason is empty.") }
  }

  /// The fields of the request.
  var members: [String: JSONValue] {
    var members: [String: JSONValue] = ["reason": .string(reason)]
    members["for"] = length.map { .string($0.text) }
    return members
  }
}
