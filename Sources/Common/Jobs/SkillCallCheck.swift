/// Decides whether a model's call may become a step.
///
/// A model asks for skills that do not exist and leaves out arguments; neither fails the job. The
/// runtime asks here before it creates the step of a call. A failure becomes the call's result, so
/// that the model reads it in its next turn; it never becomes a ticket, since an unknown name has
/// no lane and no worker.
public struct SkillCallCheck: Sendable {
  private let schemas: [String: JSONSchema]

  /// Takes the skills that may be called now.
  ///
  /// - Throws: ``JSONSchemaError`` when a skill's input schema is not understood.
  public init(skills: [SkillDefinition]) throws {
    var schemas: [String: JSONSchema] = [:]
    for skill in skills { schemas[skill.name] = try JSONSchema(skill.input) }
    self.schemas = schemas
  }

  /// Why the call cannot be made.
  ///
  /// - Returns: `refused` with the code `skill_not_allowed` for a name that is not among the
  ///   skills, `bad_input` with `invalid_arguments` for arguments that do not fit, `nil` for a
  ///   call that may be made.
  public func failure(of call: ModelCall) -> StepFailure? {
    failure(skill: call.skill, arguments: call.arguments)
  }

  /// As ``failure(of:)``, for a skill that a user's job calls directly.
  public func failure(skill: String, arguments: JSONValue) -> StepFailure? {
    guard let schema = schema(of: skill) else {
      let shown = String(String.UnicodeScalarView(skill.unicodeScalars.prefix(64)))
      return StepFailure(
        .refused, code: "skill_not_allowed",
        message: "There is no skill \"\(shown)\" that may be called here.")
    }
    let violations = schema.violations(of: arguments)
    if violations.isEmpty { return nil }
    let details = violations.prefix(5).map { violation in
      violation.pointer.isEmpty
        ? "the arguments \(violation.detail)" : "\(violation.pointer) \(violation.detail)"
    }
    return StepFailure(
      .badInput, code: "invalid_arguments",
      message: "The arguments do not fit \(skill): \(details.joined(separator: "; ")).")
  }

  private func schema(of skill: String) -> JSONSchema? {
    guard let index = schemas.index(forKey: skill),
      schemas[index].key.utf8.elementsEqual(skill.utf8)
    else { return nil }
    return schemas[index].value
  }
}
