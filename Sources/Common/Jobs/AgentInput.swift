/// What a job for an agent may bring as its input: one rule for who accepts the job and who runs it.
public enum AgentInput {
  /// The user's message.
  ///
  /// - Parameter input: A string, or an object with a string `message` and nothing else.
  /// - Returns: The text as it came. It has more than white space, scalar by scalar: a space with an
  ///   accent is a text.
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
    guard !text.unicodeScalars.allSatisfy(\.properties.isWhitespace) else {
      throw invalid("The input has no text.")
    }
    return text
  }

  private static func invalid(_ message: String) -> StepFailure {
    StepFailure(.badInput, code: "invalid_input", message: message)
  }
}
