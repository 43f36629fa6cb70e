public import Jobs

/// What a job for an agent may bring as its input.
public enum AgentInput {
  /// The user's message.
  ///
  /// - Parameter input: A string, or an object with a string `message` and nothing else.
  /// - Returns: The text as it came; it has more than white space.
  /// - Throws: ``StepFailure`` `bad_input`, `invalid_input`.
  public static func message(of input: JSONValue) throws(StepFailure) -> String {
    let text: String
    switch input {
    case .string(let message): text = message
    case .object(let members):
      guard members.count == 1, let message = members["message"]?.text else {
        throw invalid("The input object has one member, the string \"message\".")
      }
      text = message
    default: throw invalid("The input is a string, or an object with the string \"message\".")
    }
    guard text.contains(where: { !$0.isWhitespace }) else {
      throw invalid("The input has no text.")
    }
    return text
  }

  private static func invalid(_ message: String) -> StepFailure {
    StepFailure(.badInput, code: "invalid_input", message: message)
  }
}
