/// What the running system can do: the agents and skills that its workers have announced.
public struct CapabilityCatalog: Sendable, Hashable {
  /// By name.
  public let agents: [String: AgentDefinition]
  /// By name, `<namespace>.<verb>`.
  public let skills: [String: SkillDefinition]

  /// Of several definitions with one name the last counts.
  public init(agents: [AgentDefinition], skills: [SkillDefinition]) {
    self.agents = Dictionary(agents.map { ($0.name, $0) }) { _, last in last }
    self.skills = Dictionary(skills.map { ($0.name, $0) }) { _, last in last }
  }

  /// Whether some worker serves the target.
  public func contains(_ target: Target) -> Bool {
    switch target {
    case .agent(let name): agents[name] != nil
    case .skill(let name): skills[name] != nil
    }
  }
}
