/// One question that is measured, with all who are asked it.
struct Workload: Sendable {
  /// As in the table of goals, such as `W1`.
  let id: String
  /// A sentence.
  let title: String
  /// Measured in every round, in an order shuffled anew.
  let contenders: [Contender]
  /// Compared at the end.
  let goals: [Goal]
}

/// Somebody who is measured at a workload.
struct Contender: Sendable {
  let name: String
  let role: Role
  /// What it needs besides the servers; a run without it says that it is missing.
  var needsRivals: Bool { role == .rival }
  /// Starts what it needs, measures, ends it all.
  let measure: @Sendable (Arena) async throws -> Sample
}

/// What we want of a workload.
struct Goal: Sendable {
  let text: String
  /// The figure that was reached, by the contenders' names; `nil` when one is missing.
  let figure: @Sendable ([String: Summary]) -> Double?
  /// Whether the figure is good enough.
  let isMet: @Sendable (Double) -> Bool
  /// Why it is not reached so far, and what was tried; shown when it is missed.
  var cause: String?

  /// The same goal, with what is known about missing it.
  func missed(because cause: String) -> Goal {
    var goal = self
    goal.cause = cause
    return goal
  }

  /// `ours / other >= factor`.
  static func ratio(
    _ text: String, of figure: String, _ ours: String, over other: String, atLeast factor: Double
  ) -> Goal {
    Goal(
      text: text,
      figure: { all in
        guard let mine = all[ours]?.figures[figure], let theirs = all[other]?.figures[figure],
          theirs > 0
        else { return nil }
        return mine / theirs
      }, isMet: { $0 >= factor })
  }

  /// `figure >= bound`.
  static func atLeast(_ bound: Double, _ figure: String, of name: String, _ text: String) -> Goal {
    Goal(text: text, figure: { $0[name]?.figures[figure] }, isMet: { $0 >= bound })
  }

  /// `figure <= bound`.
  static func atMost(_ bound: Double, _ figure: String, of name: String, _ text: String) -> Goal {
    Goal(text: text, figure: { $0[name]?.figures[figure] }, isMet: { $0 <= bound })
  }
}
