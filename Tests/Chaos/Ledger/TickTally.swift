/// What became of the ticks of schedules. Pure.
struct TickTally: Sendable {
  /// A moment at which a schedule has to fire.
  struct Tick: Sendable, Hashable {
    let schedule: String
    /// In milliseconds of Unix time.
    let at: Int
  }

  /// A row of `schedule_ticks`.
  struct Decision: Sendable {
    let tick: Tick
    /// In milliseconds of Unix time.
    let decided: Int
    let outcome: String
    /// How many jobs there are of the id that it names.
    let jobs: Int
  }

  /// Those that there had to be.
  var expected: Set<Tick> = []
  /// What the database has of the same time.
  var decisions: [Decision] = []
  /// When no gateway lived, until one was ready again; in milliseconds of Unix time.
  var dark: [ClosedRange<Int>] = []
  /// Jobs of schedules that no tick or more than one names.
  var strayJobs = 0
  /// Jobs of schedules that have not succeeded.
  var failedJobs = 0
  /// How often a gateway was killed.
  var kills = 0
  /// How late a tick may fire, in milliseconds.
  var tolerance = 2000

  /// How late a tick fired; one of a time without gateways counts from when there was one again.
  func lateness(of decision: Decision) -> Int {
    let back = dark.first { $0.contains(decision.tick.at) }?.upperBound
    return decision.decided - (back ?? decision.tick.at)
  }

  func verdict(atLeast minimum: Int) -> Verdict {
    let ticks = decisions.map(\.tick)
    let found = Set(ticks)
    let late = decisions.filter { lateness(of: $0) > tolerance }
    let inTheDark = found.count { tick in dark.contains { $0.contains(tick.at) } }
    let wrong = [
      (expected.subtracting(found).count, "ticks were left out"),
      (found.subtracting(expected).count, "ticks were none"),
      (ticks.count - found.count, "ticks were decided on twice"),
      (decisions.count { $0.outcome != "fired" }, "ticks did not fire"),
      (decisions.count { $0.jobs != 1 }, "ticks have not exactly one job"),
      (strayJobs, "jobs are not of exactly one tick"),
      (failedJobs, "jobs of schedules have not succeeded"),
      (dark.isEmpty ? 1 : 0, "time without gateways is missing"),
    ]
    let faults =
      wrong.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
      + late.map { "a tick fired \(lateness(of: $0)) ms late" }
    return Verdict(
      .D18, observations: kills > 0 ? decisions.count : 0, atLeast: minimum,
      counts: [
        "ticks of schedules": expected.count,
        "fired": decisions.count { $0.outcome == "fired" }, "stray jobs": strayJobs,
        "gateway kills": kills, "times without gateways": dark.count,
        "ticks meanwhile": inTheDark,
      ],
      notes: ["ticks fired at most \(decisions.map(lateness).max() ?? 0) ms late"], faults: faults)
  }
}
