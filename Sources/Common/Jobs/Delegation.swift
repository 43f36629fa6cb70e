/// Asking another agent: a child job, whose end is a result of the turn that asked for it.
///
/// To a model it is a skill, `delegate.<agent>`. No pool serves these names.
public struct Delegation: Sendable, Hashable {
  /// The first word of the names.
  public static let namespace = "delegate"
  /// The most jobs above one in its tree.
  public static let maximumDepth = 5

  /// What the end of a child that did not succeed does to the job above it. The raw value is what
  /// is stored.
  public enum FailurePolicy: Int16, Sendable, CaseIterable {
    /// The model reads the failure as the result and goes on.
    case `continue` = 0
    /// The job fails, too.
    case fail = 1
    /// The model reads `null` as the result.
    case ignore = 2

    /// The name used in calls.
    public var name: String {
      switch self {
      case .continue: "continue"
      case .fail: "fail"
      case .ignore: "ignore"
      }
    }
  }

  /// Who is asked.
  public let agent: String
  /// The child's input.
  public let message: String
  /// What its failure does.
  public let onFailure: FailurePolicy

  /// Reads a model's call whose arguments fit ``skill(for:)``.
  ///
  /// - Returns: `nil` for the call of a real skill.
  public init?(_ call: ModelCall) {
    guard case .skill(let name)? = Target("skill:\(call.skill)"),
      let dot = name.firstIndex(of: "."), name[..<dot].utf8.elementsEqual(Self.namespace.utf8),
      let message = call.arguments["message"]?.text
    else { return nil }
    agent = String(name[name.index(after: dot)...])
    self.message = message
    let policy = call.arguments["on_failure"]?.text
    onFailure = FailurePolicy.allCases.first { $0.name == policy } ?? .continue
  }

  /// How a model is offered an agent.
  public static func skill(for agent: AgentDefinition) -> SkillDefinition {
    SkillDefinition(
      name: "\(namespace).\(agent.name)",
      description: "Asks another agent and waits for its answer. \(agent.description)",
      input: [
        "type": "object", "additionalProperties": false, "required": ["message"],
        "properties": [
          "message": [
            "type": "string", "minLength": 1,
            "description": "All that the agent needs to know: it does not see this conversation.",
          ],
          "on_failure": [
            "type": "string",
            "enum": .array(FailurePolicy.allCases.map { .string($0.name) }),
            "description": """
            What happens if it fails: you read why and continue, you fail as well, or it is ignored. \
            Without it: continue.
            """,
          ],
        ],
      ],
      output: [:], safety: .idempotent)
  }
}
