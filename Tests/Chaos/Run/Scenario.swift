/// One kind of trouble, made over a system of its own.
package protocol Scenario: Sendable {
  /// A word for `--only` and for logs.
  var name: String { get }
  /// What it says something about, beside ``Promise/D1``, ``Promise/D2`` and the invariant.
  var promises: [Promise] { get }
  /// What a short and a long run do, in a sentence each.
  var extent: (short: String, long: String) { get }
  /// Whether its workers have the skills of `Tests/ScriptedWorker`, too.
  var hasTestSkills: Bool { get }

  /// Makes its trouble and tells what it saw.
  ///
  /// - Throws: What keeps it from saying anything; counts as a fault of all its promises.
  func run(_ bench: ChaosBench) async throws -> [Verdict]
}

extension Scenario {
  /// Most do without.
  package var hasTestSkills: Bool { false }
}

/// All scenarios there are.
package enum ScenarioCatalog {
  /// In the order in which they run.
  package static let all: [any Scenario] = [
    PauseScenario(), KillScenario(), CommitScenario(), EffectScenario(), CrashScenario(),
    CancelScenario(), PressureScenario(), KeyScenario(), LaneScenario(), BrokerScenario(),
    LinkScenario(), PriorityScenario(), ReplyScenario(), StreamScenario(), AwayScenario(),
    FairnessScenario(), TimesScenario(), SessionScenario(), RestartScenario(), TreeScenario(),
    AvailabilityScenario(), ScheduleScenario(), BatchScenario(), RestoreScenario(),
  ]

  /// Aimed at one weakness each, which the others meet by chance. They run for mutants, and when they
  /// are named.
  package static let pointed: [any Scenario] = [
    HungClaimScenario(), UnconfirmedScenario(), UnboundScenario(), PairScenario(),
    StallScenario(), OrphanScenario(), OutageScenario(),
  ]

  /// Those that are meant by names of scenarios or promises, such as `kills` or `D8`; all of
  /// ``all`` for none.
  ///
  /// - Returns: `nil` when a name means nothing.
  package static func named(_ names: [String]) -> [any Scenario]? {
    if names.isEmpty { return all }
    let wanted = names.map { name in
      all.filter { $0.name == name || $0.promises.contains { $0.rawValue == name } }
        + pointed.filter { $0.name == name }
    }
    guard !wanted.contains(where: \.isEmpty) else { return nil }
    return (all + pointed).filter { scenario in
      wanted.joined().contains { $0.name == scenario.name }
    }
  }
}
