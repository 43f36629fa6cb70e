import Foundation
import HTTP
import Jobs
import LocalServices
import Postgres
import TestSupport

/// D18: schedules over three gateways, which are killed one after the other, and now and then all
/// at once.
package struct ScheduleScenario: Scenario {
  package let name = "schedules"
  package let promises: [Promise] = [.D18]
  package let extent = (
    short:
      "20 schedules that fire each minute, and at some 300 seconds besides that are set in the "
      + "database; for a minute one of three gateways is killed every other second, once all of them",
    long:
      "60 schedules that fire each minute, and at thousands of seconds besides that are set in the "
      + "database; for 20 minutes one of three gateways is killed every other second, each minute "
      + "all of them"
  )

  /// As a catalogue wants it.
  package init() {}

  /// How long no gateway lives; less than the 30 s after which a tick counts as missed.
  private static let darkness = Duration.seconds(4)

  package func run(_ bench: ChaosBench) async throws -> [Verdict] {
    try await bench.addGateways(3)
    try await bench.addWorkers(2)
    let load = LoadGenerator(
      bench, users: 4, ports: bench.system.gatewayPorts, pause: .milliseconds(200))
    var tally = try await load.during { try await fire(bench) }
    var deeds = Checker.Deeds()
    deeds.hits = tally.kills
    let checks = try await Checker(bench).verdicts(
      deeds, jobs: bench.isLong ? 1000 : 40, surprises: load.surprises)
    tally.strayJobs = try await bench.system.count(
      """
      jobs WHERE idempotency_key IS NULL
        AND 1 <> (SELECT count(*) FROM schedule_ticks WHERE job_id = jobs.id)
      """)
    tally.failedJobs = try await bench.system.count(
      "jobs WHERE idempotency_key IS NULL AND state <> \(JobState.succeeded.rawValue)")
    return checks + [tally.verdict(atLeast: bench.isLong ? 5000 : 150)]
  }

  /// Makes schedules, lets them fire while gateways are killed, and pauses them.
  private func fire(_ bench: ChaosBench) async throws -> TickTally {
    let schedules = (0..<(bench.isLong ? 60 : 20)).map { "tick-\($0)" }
    for (number, name) in schedules.enumerated() {
      let overlap = number.isMultiple(of: 2) ? "queue" : "parallel"
      let answer = try await bench.client().send(
        .post, "/api/v1/schedules",
        body: [
          "name": .string(name), "cron": "* * * * *", "target": "skill:system.clock", "input": [:],
          "overlap": .string(overlap),
        ])
      guard answer.status == 201 else { throw Unexpected("\(answer.status): \(answer.json)") }
    }
    let began = try await now(bench)
    let graves = Graves()
    async let killing = kill(until: graves, bench)
    var expected = try await setTicks(
      schedules, for: bench.isLong ? .seconds(1200) : .seconds(60), bench)
    graves.close()
    let kills = try await killing
    let last = expected.map(\.at).max() ?? 0
    try await bench.wait(atMost: .seconds(30)) {
      let due = try await bench.system.count("schedules WHERE next_at <= now()")
      return due == 0 && Int(Date().timeIntervalSince1970 * 1000) > last
    }
    let ended = try await now(bench)
    for name in schedules {
      _ = try await bench.client().send(.post, "/api/v1/schedules/\(name)/pause")
    }
    for minute in began / 60_000 + 1..<ended / 60_000 + 1 {
      expected.formUnion(schedules.map { TickTally.Tick(schedule: $0, at: minute * 60_000) })
    }
    var tally = TickTally()
    tally.expected = expected
    tally.decisions = try await decisions(after: began, through: ended, bench)
    tally.kills = kills.count
    tally.tolerance *= bench.slack
    tally.dark = kills.dark
    return tally
  }

  /// Lets schedules fire at seconds of our choosing, as their expressions know only minutes.
  ///
  /// - Returns: The ticks that there are now besides those of full minutes.
  private func setTicks(
    _ schedules: [String], for time: Duration, _ bench: ChaosBench
  ) async throws -> Set<TickTally.Tick> {
    var dice = bench.dice("ticks")
    var ticks: Set<TickTally.Tick> = []
    let end = ContinuousClock.now + time
    while ContinuousClock.now < end {
      try await Task.sleep(for: .milliseconds(500))
      let names = schedules.shuffled(using: &dice).prefix(schedules.count / 4)
      let seconds = Int64.random(in: 2...5, using: &dice)
      // Only before the next full minute, which comes again after it: no tick is left out so.
      ticks.formUnion(
        try await bench.system.rows(
          """
          UPDATE schedules SET next_at = date_trunc('second', now()) + \(seconds) * interval '1 s'
          WHERE name = ANY(\(Array(names))) AND NOT is_paused
            AND next_at = date_trunc('minute', next_at)
            AND next_at > date_trunc('second', now()) + \(seconds) * interval '1 s'
          RETURNING name, (extract(epoch FROM next_at) * 1000)::bigint AS at
          """, tick))
    }
    return ticks
  }

  private func tick(_ row: Row) throws -> TickTally.Tick {
    TickTally.Tick(
      schedule: try row.decode("name", as: String.self),
      at: Int(try row.decode("at", as: Int64.self)))
  }

  /// Kills one gateway after the other, now and then all of them, until the graves are closed.
  ///
  /// - Returns: How often, and when there was none.
  private func kill(
    until graves: Graves, _ bench: ChaosBench
  ) async throws -> (count: Int, dark: [ClosedRange<Int>]) {
    var dice = bench.dice("kills")
    var (kills, dark) = (0, [ClosedRange<Int>]())
    var round = 0
    while true {
      try await Task.sleep(for: dice.duration(1000...2500))
      if graves.areClosed { return (kills, dark) }
      round += 1
      // One of 20 lasts about a minute with all that is waited for.
      let isAll = round % 20 == 8
      let victims = isAll ? [0, 1, 2] : [dice.pick([0, 1, 2])]
      let killedAt = try await now(bench)
      for number in victims { _ = await bench.crew.kill("gateway \(number)") }
      if isAll { try await Task.sleep(for: Self.darkness) }
      for number in victims { try await bench.crew.restart("gateway \(number)") }
      try await bench.client(victims[0]).waitUntilReady()
      if isAll { dark.append(killedAt...(try await now(bench))) }
      // Never two at once but then.
      for number in victims { try await bench.client(number).waitUntilReady() }
      kills += victims.count
    }
  }

  private func decisions(
    after began: Int, through ended: Int, _ bench: ChaosBench
  ) async throws -> [TickTally.Decision] {
    try await bench.system.rows(
      """
      SELECT * FROM (
        SELECT schedules.name, (extract(epoch FROM tick) * 1000)::bigint AS at, outcome,
          (extract(epoch FROM decided_at) * 1000)::bigint AS decided,
          (SELECT count(*) FROM jobs WHERE jobs.id = job_id) AS jobs
        FROM schedule_ticks JOIN schedules ON schedules.id = schedule_id
      ) AS ticks WHERE at > \(Int64(began)) AND at <= \(Int64(ended))
      """
    ) { row in
      TickTally.Decision(
        tick: try tick(row), decided: Int(try row.decode("decided", as: Int64.self)),
        outcome: try row.decode("outcome", as: String.self),
        jobs: Int(try row.decode("jobs", as: Int64.self)))
    }
  }

  /// The database's time, in milliseconds of Unix time.
  private func now(_ bench: ChaosBench) async throws -> Int {
    try await bench.system.rows(
      "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now"
    ) { Int(try $0.decode("now", as: Int64.self)) }.first ?? 0
  }
}
