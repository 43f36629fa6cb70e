import Jobs

/// Who is to blame when a process died with steps aboard: a pure decision.
///
/// A suspect aboard is charged. Without one, a step that was alone is charged, else all become
/// suspects uncharged; suspects run one at a time, so the next death names the culprit. Nobody goes
/// uncharged twice: a step that kills its worker would else outlive any number of suspects aboard.
struct CrashPlan {
  struct Aboard: Hashable, Sendable {
    let step: StepID
    let isSuspect: Bool
    let crashes: Int
    /// Whether an earlier run of it ended without counting as an attempt, as a crash does.
    let hasComeBack: Bool
  }

  struct Verdict: Hashable, Sendable {
    let step: StepID
    let isSuspect: Bool
    let crashes: Int
    let isDead: Bool
  }

  /// - Parameters:
  ///   - aboard: The lapsed steps of one worker; not empty.
  ///   - maximumCrashes: How many charged crashes end a step.
  static func judge(_ aboard: [Aboard], maximumCrashes: Int) -> [Verdict] {
    let hasSuspect = aboard.contains(where: \.isSuspect)
    return aboard.map { step in
      let isKnown = step.isSuspect || step.hasComeBack
      let isCharged = isKnown || aboard.count == 1
      let crashes = step.crashes + (isCharged ? 1 : 0)
      return Verdict(
        step: step.step, isSuspect: hasSuspect ? isKnown : true, crashes: crashes,
        isDead: crashes >= maximumCrashes)
    }
  }
}
