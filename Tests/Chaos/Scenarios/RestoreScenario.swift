import AMQP
import Foundation
import HTTP
import Jobs
import LocalServices
import Postgres
import TestSupport

/// The database goes back to a backup of some time ago, the broker does not.
package struct RestoreScenario: Scenario {
  package let name = "restore"
  package let promises: [Promise] = [.restore]
  package let extent = (
    short:
      "a pg_dump in the middle of a load, more load, jobs without workers so that their tickets stay "
      + "in the broker; all gateways and workers killed, the database restored from the dump, all "
      + "started again",
    long:
      "a pg_dump after two minutes of load, two more minutes, jobs without workers so that their "
      + "tickets stay in the broker; all gateways and workers killed, the database restored from "
      + "the dump, all started again"
  )
  package let hasTestSkills = true

  /// As a catalogue wants it.
  package init() {}

  /// Jobs whose tickets nobody takes before the database goes back.
  private static let surplus = 60
  /// Jobs with an unsafe effect that are under way as the dump is made.
  private static let effects = 36

  /// A backup, and what was known when it was made.
  private struct Backup: Sendable {
    let file: URL
    /// The jobs that clients had their 202 of, and the ends that they had read.
    let accepted: Set<JobID>
    let results: [JobID: String]
    /// Younger than all jobs in it.
    let mark: JobID
  }

  package func run(_ bench: ChaosBench) async throws -> [Verdict] {
    try await bench.addGateways(2)
    try await bench.addWorkers(3)
    try await bench.waitForWorkers(3)
    var tally = RestoreTally()
    tally.quietRate.before = try await bench.transactionsPerSecond()
    try await RestoredSchedule.make(bench)
    let load = LoadGenerator(
      bench, users: 16, ports: Array(bench.system.gatewayPorts.prefix(2)),
      pause: .milliseconds(50), of: .lasting)
    let time = Duration.seconds(bench.isLong ? 120 : 5)
    let backup = try await load.during {
      try await Task.sleep(for: time)
      let backup = try await back(up: bench)
      try await Task.sleep(for: time)
      return backup
    }
    tally.faults += load.surprises
    try await readEffects(bench)
    try await leaveTickets(bench)
    tally.surplus = try await bench.ticketsInLanes()
    let mark = ExecutionLedger.size(of: bench.system.ledger)
    let (ended, ticks) = try await goBack(to: backup, &tally, bench)
    try await bench.waitForEnd()
    try await compare(backup, &tally, bench)
    try await askAgain(backup, &tally, bench)
    try await countRepeats(since: mark, ended: ended, &tally, bench)
    tally.ticksAgain = ticks.intersection(try await RestoredSchedule.ticks(bench)).count
    try await lookForUnrest(&tally, bench)
    return [tally.verdict(atLeast: bench.isLong ? 1000 : 50)]
  }

  /// Dumps the database while jobs with unsafe effects are under way.
  private func back(up bench: ChaosBench) async throws -> Backup {
    try await bench.enqueueAll((0..<Self.effects).map(Self.effect))
    try await RestoredSchedule.fireSoon(bench)
    let accepted = Set(await bench.ledger.accepted.map(\.job))
    let results = await bench.ledger.results
    let file = bench.system.stack.root.url.appending(path: "openclaw.dump")
    try await bench.system.stack.postgres.dump(LocalStack.database, to: file)
    // Ids are made in order of milliseconds.
    try await Task.sleep(for: .milliseconds(2))
    return Backup(file: file, accepted: accepted, results: results, mark: JobID())
  }

  /// Reads how the jobs with unsafe effects have ended, as their clients do.
  private func readEffects(_ bench: ChaosBench) async throws {
    for accepted in await bench.ledger.accepted where accepted.key.hasPrefix("effect-") {
      let answer = try await bench.client().send(.get, "/api/v1/jobs/\(accepted.job)?wait=30")
      guard let state = answer.finalState else { throw Unexpected("\(accepted.key) goes on") }
      try await bench.ledger.note(result: state, of: accepted.job)
    }
  }

  private static func effect(_ number: Int) -> LoadRequest {
    LoadRequest(
      key: "effect-\(number)",
      body: ["target": "skill:test.effect", "input": ["milliseconds": 1500]])
  }

  private static func late(_ number: Int) -> LoadRequest {
    let target = ["agent:main", "skill:system.clock", "skill:test.pause"][number % 3]
    let input: JSONValue = number.isMultiple(of: 3) ? .string("job late-\(number)") : [:]
    return LoadRequest(
      key: "late-\(number)",
      body: [
        "target": .string(target), "input": input,
        "priority": .string(Priority.allCases[number % Priority.allCases.count].name),
      ])
  }

  /// Kills the workers, has tickets sent that nobody takes, and kills the gateways.
  private func leaveTickets(_ bench: ChaosBench) async throws {
    for name in await bench.crew.names(of: "worker") { _ = await bench.crew.kill(name) }
    try await bench.enqueueAll((0..<Self.surplus).map(Self.late))
    try await bench.wait(atMost: .seconds(30)) {
      try await bench.system.count("outbox WHERE true") == 0
    }
    for name in await bench.crew.names(of: "gateway") { _ = await bench.crew.kill(name) }
  }

  /// Puts the backup in the place of the database, and starts all again beside the broker as it is.
  ///
  /// - Returns: The steps that had ended in the backup, and the ticks that fired after it.
  private func goBack(
    to backup: Backup, _ tally: inout RestoreTally, _ bench: ChaosBench
  ) async throws -> (ended: Set<String>, ticks: Set<String>) {
    let ticks = try await RestoredSchedule.ticks(bench)
    try await bench.system.stack.postgres.restore(LocalStack.database, from: backup.file)
    let lost = ticks.subtracting(try await RestoredSchedule.ticks(bench))
    let ended = try await bench.system.rows("SELECT id::text AS id FROM steps WHERE state > 3") {
      try $0.decode("id", as: String.self)
    }
    tally.ticks = lost.count
    tally.open = try await bench.system.count("jobs WHERE state < 4")
    for name in await bench.crew.names { try await bench.crew.restart(name) }
    for gateway in 0..<2 { try await bench.client(gateway).waitUntilReady() }
    return (Set(ended), lost)
  }

  /// Holds what clients know against the restored database, once all in it is over.
  private func compare(
    _ backup: Backup, _ tally: inout RestoreTally, _ bench: ChaosBench
  ) async throws {
    let stored = try await StoredJob.all(in: bench.system)
    let known = Set(stored.map(\.id))
    let accepted = await bench.ledger.accepted
    let results = await bench.ledger.results
    let kept = LedgerComparison(
      accepted: accepted.filter { known.contains($0.job) }, results: backup.results,
      stored: stored)
    tally.before = backup.accepted.count
    tally.lost = backup.accepted.subtracting(known).count
    tally.oddEnds = kept.oddEnds.count
    tally.stuck = kept.unfinished.count
    if !kept.doubled.isEmpty { tally.faults.append("\(kept.doubled.count) keys have two jobs") }
    tally.otherResults = stored.count { job in
      results[job.id].map { $0 != job.state.name } ?? false
    }
    let late = accepted.map(\.job).filter { $0 > backup.mark || !known.contains($0) }
    tally.after = late.count
    for job in late {
      let answer = try await bench.client().send(.get, "/api/v1/jobs/\(job)")
      if answer.status == 404 { tally.gone += 1 }
    }
    for (what, query) in Checker.contradictions {
      let broken = try await bench.system.count(query)
      if broken > 0 { tally.faults.append("\(broken) \(what)") }
    }
  }

  /// Repeats requests, as clients that have no result do.
  private func askAgain(
    _ backup: Backup, _ tally: inout RestoreTally, _ bench: ChaosBench
  ) async throws {
    let jobs = Dictionary(await bench.ledger.accepted.map { ($0.key, $0.job) }) { first, _ in first
    }
    for request in (0..<Self.effects).map(Self.effect) {
      let again = try await bench.client().accepted(request)
      if again == jobs[request.key] { tally.replays += 1 } else { tally.falseReplays += 1 }
    }
    for request in (0..<Self.surplus).map(Self.late) {
      let again = try await bench.client().accepted(request)
      tally.askedAgain += 1
      let answer = try await bench.client().send(.get, "/api/v1/jobs/\(again)?wait=30")
      if again != jobs[request.key], answer.finalState == JobState.succeeded.name {
        tally.doneAgain += 1
      }
    }
    for number in 0..<4 {
      _ = try await bench.probe(number % 2, within: .seconds(30))
      tally.fresh += 1
    }
  }

  /// - Parameters:
  ///   - mark: How long the workers' ledger was when the database went back.
  ///   - ended: The steps that had ended in the backup.
  private func countRepeats(
    since mark: Int, ended: Set<String>, _ tally: inout RestoreTally, _ bench: ChaosBench
  ) async throws {
    let bytes = try Data(contentsOf: bench.system.ledger)
    let after = ExecutionLedger(text: String(decoding: bytes.dropFirst(mark), as: UTF8.self))
    tally.ranAgain = ended.intersection(after.attempts.keys).count
    tally.repeated =
      ExecutionLedger(text: String(decoding: bytes, as: UTF8.self))
      .ranAgainAfterFinish.count
    tally.effectsTwice = try SkillLedger(bench.system.skillLedger).effects.values.count { $0 > 1 }
    tally.unknown = try await bench.system.count(
      "effects WHERE state = \(EffectState.unknown.rawValue)")
  }

  /// Whether processes have died, or do more than before now that there is nothing to do.
  private func lookForUnrest(_ tally: inout RestoreTally, _ bench: ChaosBench) async throws {
    var left = try await bench.ticketsInLanes()
    try await bench.wait(atMost: .seconds(30)) {
      left = try await bench.ticketsInLanes()
      return left == 0
    }
    tally.surplusLeft = left
    tally.quietRate.after = try await bench.transactionsPerSecond()
    for name in await bench.crew.names where await bench.crew.hasEnded(name) {
      tally.faults.append("\(name) has died")
    }
  }
}

/// A schedule that fires soon after the backup, and whether it does so again.
private enum RestoredSchedule {
  static func make(_ bench: ChaosBench) async throws {
    let answer = try await bench.client().send(
      .post, "/api/v1/schedules",
      body: [
        "name": "restored", "cron": "* * * * *", "target": "skill:system.clock", "input": [:],
      ])
    guard answer.status == 201 else { throw Unexpected("\(answer.status): \(answer.json)") }
  }

  /// Lets it fire in some seconds.
  static func fireSoon(_ bench: ChaosBench) async throws {
    _ = try await bench.system.rows(
      """
      UPDATE schedules SET next_at = least(next_at, date_trunc('second', now()) + interval '4 s')
      """
    ) { _ in }
  }

  /// Those that have fired, as text.
  static func ticks(_ bench: ChaosBench) async throws -> Set<String> {
    Set(
      try await bench.system.rows(
        "SELECT tick::text AS tick FROM schedule_ticks WHERE outcome = 'fired'"
      ) { try $0.decode("tick", as: String.self) })
  }
}

extension ChaosBench {
  /// What all lanes hold, as the broker counts it.
  fileprivate func ticketsInLanes() async throws -> Int {
    let broker = try await AMQPChannel.open(
      AMQPConfiguration(url: try system.stack.amqpURL(), connectionName: "chaos"))
    var tickets = 0
    for pool in Self.pools(withTestSkills: true) {
      for priority in Priority.allCases {
        let queue = try await broker.declareQueuePassive("openclaw.\(pool).\(priority.name)")
        tickets += Int(queue.messageCount)
      }
    }
    await broker.close()
    return tickets
  }

  /// Of all processes together, over some seconds.
  fileprivate func transactionsPerSecond() async throws -> Int {
    let count: SQL = """
      SELECT xact_commit AS n FROM pg_stat_database WHERE datname = current_database()
      """
    func read() async throws -> Int {
      try await system.rows(count) { Int(try $0.decode("n", as: Int64.self)) }.first ?? 0
    }
    let before = try await read()
    try await Task.sleep(for: .seconds(5))
    return (try await read() - before) / 5
  }
}
