import Foundation
import Jobs
import LocalServices
import Postgres
import TestSupport

/// Batches with callbacks, jobs that wait for signals, and a webhook that is told of all their ends,
/// while everything is killed.
package struct BatchScenario: Scenario {
  package let name = "batches"
  package let promises: [Promise] = [.batches, .signals, .webhooks]
  package let extent = (
    short:
      "for 30 s four users who make batches and four whose jobs wait for signals, each end told to "
      + "a webhook that refuses the first five; a kill of a worker, gateway, broker or database "
      + "every other second; what dead workers held is taken back at once",
    long: "for 20 minutes eight users who make batches and eight whose jobs wait for signals, each "
      + "end told to a webhook that refuses the first five; a kill of a worker, gateway, broker or "
      + "database every three seconds"
  )

  /// As a catalogue wants it.
  package init() {}

  private static let refusals = 5

  /// What all users have seen.
  private struct Seen: Sendable {
    var batches: [BatchTrial.Entry] = []
    var signals: [SignalTrial.Entry] = []
  }

  package func run(_ bench: ChaosBench) async throws -> [Verdict] {
    try await WebhookReceiver.run { receiver in
      try await bench.addGateways(2, settings: WebhookReceiver.settings)
      try await bench.addWorkers(3, others: ["skill.webhooks"], settings: WebhookReceiver.settings)
      let secret = try await receiver.webhook("chaos", of: bench.client())
      try await receiver.control(
        "chaos",
        [
          "secrets": [.string(secret)],
          "statuses": .array(Array(repeating: 500, count: Self.refusals)),
        ])
      let graves = Graves()
      async let killing = hit(until: graves, bench)
      let seen = try await load(for: bench.isLong ? .seconds(1200) : .seconds(30), bench)
      graves.close()
      let deeds = try await killing
      try await bench.waitForEnd()
      try await bench.wait(atMost: bench.patience.settle) {
        try await bench.system.count(
          "webhook_deliveries WHERE delivered_at IS NULL AND failed_at IS NULL") == 0
      }
      let log = try await receiver.log("chaos", count: 0)
      let minimum = bench.isLong ? 400 : 8
      let checks = try await Checker(bench).verdicts(deeds, jobs: minimum)
      return checks + [
        try await batches(seen.batches, atLeast: minimum, bench),
        try await signals(seen.signals, atLeast: minimum, bench),
        try await told(log, bench)
          .verdict(atLeast: 2 * minimum, refused: Self.refusals, kills: deeds.hits),
      ]
    }
  }

  /// Half of the users make batches, the others signal jobs, until time is up.
  private func load(for time: Duration, _ bench: ChaosBench) async throws -> Seen {
    let end = ContinuousClock.now + time
    return try await withThrowingTaskGroup(of: Seen.self) { group in
      for user in 0..<(bench.isLong ? 16 : 8) {
        group.addTask {
          var dice = bench.dice("user \(user)")
          var seen = Seen()
          while ContinuousClock.now < end {
            if user.isMultiple(of: 2) {
              seen.batches.append(try await BatchTrial(bench: bench).run(&dice))
            } else {
              seen.signals.append(try await SignalTrial(bench: bench).run(&dice))
            }
          }
          return seen
        }
      }
      return try await group.reduce(into: Seen()) {
        $0.batches += $1.batches
        $0.signals += $1.signals
      }
    }
  }

  /// Kills one part after the other until the graves are closed.
  private func hit(until graves: Graves, _ bench: ChaosBench) async throws -> Checker.Deeds {
    let squad = HitSquad(bench, watch: ResumeWatch(bench.system))
    var dice = bench.dice("kills")
    var deeds = Checker.Deeds()
    while true {
      let round: [HitSquad.Hit] = [
        .workerKill, .gatewayKill, .workerKill, .brokerKill, .workerKill, .gatewayKill,
        dice.pick([.databaseKill, .backendKill]),
      ]
      for hit in round.shuffled(using: &dice) {
        try await Task.sleep(for: dice.duration(bench.isLong ? 2000...4000 : 1500...2500))
        if graves.areClosed { return deeds }
        deeds.hits += 1
        if hit == .workerKill {
          let worker = dice.pick(await bench.crew.names(of: "worker"))
          try await squad.killWorker(worker, endsLeases: !bench.isLong)
          deeds.mayRepeat += 4
        } else {
          deeds.mayRepeat += try await squad.carryOut(hit, &dice) ?? 0
        }
      }
    }
  }

  // MARK: Verdicts

  private func batches(
    _ entries: [BatchTrial.Entry], atLeast minimum: Int, _ bench: ChaosBench
  ) async throws -> Verdict {
    let stored = try await bench.system.rows(
      """
      SELECT batch_id, jobs.state, count(*) AS count FROM jobs
      WHERE batch_id IS NOT NULL GROUP BY 1, 2
      """
    ) { row in
      (
        BatchID(try row.decode("batch_id", as: UUID.self)),
        JobState(rawValue: try row.decode("state", as: Int16.self))?.name ?? "",
        try row.decode("count", as: Int64.self)
      )
    }
    let counts = Dictionary(grouping: stored, by: \.0)
      .mapValues { Dictionary($0.map { ($0.1, $0.2) }) { $0 + $1 } }
    var faults = entries.flatMap { entry in
      Self.faults(of: entry, stored: counts[entry.id] ?? [:]).map { "\(entry.id): \($0)" }
    }
    let callbacks = try await bench.system.count("jobs WHERE target = \(BatchTrial.callback)")
    if callbacks != entries.count { faults.append("there are \(callbacks) callback jobs") }
    return Verdict(
      .batches, observations: entries.count, atLeast: minimum,
      counts: [
        "batches": entries.count, "their jobs": entries.reduce(0) { $0 + $1.jobs },
        "of these failed": stored.filter { $0.1 == "failed" }.reduce(0) { $0 + Int($1.2) },
        "batches cancelled": entries.count(where: \.wasCancelled), "callback jobs": callbacks,
      ], faults: faults)
  }

  /// What is wrong with a batch, in words.
  private static func faults(of entry: BatchTrial.Entry, stored: [String: Int64]) -> [String] {
    let end = entry.end
    guard end["state"] == "finished" else { return ["it is not finished"] }
    var faults: [String] = []
    if end["total"]?.int != Int64(entry.jobs) || stored.values.reduce(0, +) != Int64(entry.jobs) {
      faults.append("its total is not \(entry.jobs): \(end["total"] ?? .null), \(stored)")
    }
    for state in ["succeeded", "failed", "cancelled", "expired"]
    where end["ended"]?[state]?.int != stored[state] ?? 0 {
      faults.append("\(state) is told as \(end["ended"]?[state] ?? .null)")
    }
    if entry.callbackState != "succeeded" {
      faults.append("its callback is \(entry.callbackState ?? "missing")")
    }
    return faults
  }

  private func signals(
    _ entries: [SignalTrial.Entry], atLeast minimum: Int, _ bench: ChaosBench
  ) async throws -> Verdict {
    let stuck = entries.filter { $0.state != ($0.wasSent ? "succeeded" : "expired") }
    let waits = try await bench.system.count("signal_waits WHERE true")
    var faults = stuck.map { "\($0.job) \($0.wasSent ? "was" : "was not") signalled: \($0.state)" }
    if waits > 0 { faults.append("\(waits) waits are left") }
    return Verdict(
      .signals, observations: entries.count, atLeast: minimum,
      counts: [
        "jobs that waited": entries.count, "signalled": entries.count(where: \.wasSent),
        "of another end": stuck.count, "waits left": waits,
      ], faults: faults)
  }

  /// What was told, and what should have been.
  private func told(_ log: [JSONValue], _ bench: ChaosBench) async throws -> WebhookTally {
    var tally = WebhookTally(log)
    let jobs = try await bench.system.rows(
      """
      SELECT id::text AS id, state FROM jobs
      WHERE state >= 4 AND parent_id IS NULL AND target NOT LIKE 'skill:webhooks.%'
      """
    ) { row in
      (
        try row.decode("id", as: String.self),
        JobState(rawValue: try row.decode("state", as: Int16.self))?.name ?? ""
      )
    }
    tally.jobs = Dictionary(jobs) { first, _ in first }
    tally.batches = Set(
      try await bench.system.rows("SELECT id::text AS id FROM batches WHERE state = 2") {
        try $0.decode("id", as: String.self)
      })
    return tally
  }
}
