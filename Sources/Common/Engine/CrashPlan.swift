import Jobs

/// Who is to blame when a process died with steps aboard: a pure decision.
///
/// A suspect aboard is charged. Without one, a step that was alone is charged, else all become
/// suspects uncharged; suspects run one at a time, so the next death names the culprit.
struct CrashPlan {
  struct Aboard: Hashable, Sendable {
    let step: StepID
    let isSuspect: Bool
    let crashes: Int
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
      let isCharged = hasSuspect ? step.isSuspect : aboard.count == 1
      let crashes = step.crashes + (isCharged ? 1 : 0)
      return Verdict(
        step: step.step, isSuspect: hasSuspect ? step.isSuspect : true, crashes: crashes,
        isDead: crashes >= maximumCrashes)
    }
  }
}
