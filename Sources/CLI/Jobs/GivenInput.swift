import ArgumentParser
import Jobs

/// The input of a job that is to be made: an argument, or a file.
struct GivenInput: ParsableArguments {
  @Argument(
    help: """
      What to do: text for an agent, JSON for a skill; `-` reads standard input. A skill gets {} \
      when there is none.
      """)
  var input: String?

  @Option(
    help: ArgumentHelp("Take the input from a file, or from standard input.", valueName: "file|-"))
  var inputFile: String?

  @Flag(help: "The input is JSON, for an agent too.")
  var json = false

  func validate() throws {
    if input != nil, inputFile != nil {
      throw ValidationError("Give either INPUT or --input-file.")
    }
  }

  /// Whether anything was said of it.
  var isGiven: Bool { input != nil || inputFile != nil || json }

  /// Reads it.
  ///
  /// - Throws: ``CommandError`` with status `usage`.
  func value(for target: Target, _ surroundings: Surroundings) throws -> JSONValue {
    let isSkill = if case .skill = target { true } else { false }
    let source = JobInput(
      argument: input, file: inputFile, isJSON: isSkill || json, fallback: isSkill ? [:] : nil)
    return try source.value(surroundings)
  }
}
