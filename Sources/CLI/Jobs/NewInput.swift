import ArgumentParser
import Jobs

/// An input that replaces another one.
struct NewInput: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The new input: text for an agent, JSON for a skill; `-` reads standard input.",
      valueName: "input|-"))
  var input: String?

  @Option(
    help: ArgumentHelp("Take the input from a file, or from standard input.", valueName: "file|-"))
  var inputFile: String?

  @Flag(help: "The input is JSON, for an agent too.")
  var json = false

  func validate() throws {
    if input != nil, inputFile != nil {
      throw ValidationError("Give either --input or --input-file.")
    }
    if json, !isGiven { throw ValidationError("--json goes with --input or --input-file.") }
  }

  /// Whether there is one.
  var isGiven: Bool { input != nil || inputFile != nil }

  /// Reads it.
  ///
  /// - Parameter target: `agent:<name>` or `skill:<namespace>.<verb>`.
  /// - Throws: ``CommandError`` with status `usage`.
  func value(for target: String, _ surroundings: Surroundings) throws -> JSONValue {
    let source = JobInput(
      argument: input, file: inputFile, isJSON: json || target.hasPrefix("skill:"), fallback: nil)
    return try source.value(surroundings)
  }
}
