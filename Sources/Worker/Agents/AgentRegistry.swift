public import Jobs

/// Every agent that workers serve.
public enum AgentRegistry {
  /// One line each; sorted by name.
  public static let agents: [any Agent] = [
    PersonaAgent(.coder),
    PersonaAgent(.main),
  ]
}
