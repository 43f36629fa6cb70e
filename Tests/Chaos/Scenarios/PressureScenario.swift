import Foundation
import LocalServices
import Postgres
import TestSupport

/// D14: the broker short of memory, at twice the load that is taken.
package struct PressureScenario: Scenario {
  package let name = "pressure"
  package let promises: [Promise] = [.D14]
  package let extent = (
    short:
      "a memory alarm of 8 s at about twice the load that the worker can take, with 150 tickets at most "
      + "in the outbox",
    long:
      "three memory alarms of 3 min at about twice the load that the worker can take, with 5,000 "
      + "tickets at most in the outbox"
  )
  package let hasTestSkills = true

  /// As a catalogue wants it.
  package init() {}

  /// What the gateway's memory may grow by, in MiB.
  private static let room = 150

  /// What refusals may take (p99), as promised.
  private static let limit = Duration.milliseconds(200)

  package func run(_ bench: ChaosBench) async throws -> [Verdict] {
    let (alarms, time) = bench.isLong ? (3, Duration.seconds(180)) : (1, .seconds(8))
    let cap = bench.isLong ? 5000 : 150
    try await bench.addGateways(1, settings: ["OPENCLAW_GATEWAY_BACKLOG": "\(cap)"])
    try await bench.addWorkers(1)
    let flood = Flood(bench, users: 16, pause: .milliseconds(75))
    let began = ContinuousClock.now
    let returns = try await flood.during {
      var returns: [Duration] = []
      for _ in 0..<alarms {
        try await Task.sleep(for: .seconds(2))
        try await flood.alarm(for: time)
        returns.append(try await flood.timeToAcceptance(within: .seconds(60)))
      }
      return returns
    }
    let seconds = (ContinuousClock.now - began) / .seconds(1)
    let done = try await bench.system.count("steps WHERE state = 4")
    var deeds = Checker.Deeds()
    deeds.hits = alarms
    let checks = try await Checker(bench).verdicts(
      deeds, jobs: cap, surprises: flood.seen.surprises)
    let rates = (offered: Double(flood.seen.posts) / seconds, taken: Double(done) / seconds)
    var verdict = Self.verdict(
      on: flood.seen, cap: cap, atLeast: bench.isLong ? 5000 : 50,
      limit: Self.limit * (bench.isLong ? 1 : 2 * bench.slack))
    verdict.merge(
      Verdict(
        .D14, observations: alarms, atLeast: alarms, counts: ["alarms": alarms],
        notes: [
          "\(Int(rates.offered)) a second asked for, \(Int(rates.taken)) done",
          "202 again \(returns.max()?.inSeconds ?? "–") after the alarm",
        ],
        faults: checks.filter { $0.promise == .D1 }.flatMap(\.faults)
          + (rates.offered < 1.5 * rates.taken ? ["the load was no more than what is taken"] : [])))
    return checks + [verdict]
  }

  private static func verdict(
    on seen: Flood.Seen, cap: Int, atLeast minimum: Int, limit: Duration
  ) -> Verdict {
    let times = seen.refusals.sorted()
    var faults = seen.surprises
    if let slow = times.percentile(99), slow > limit {
      faults.append("p99 of the refusals took \(milliseconds(slow))")
    }
    let growth = seen.memory.highest - seen.memory.before
    if growth > room { faults.append("the gateway grew by \(growth) MiB") }
    // The cap is looked at once a second.
    let most = cap + 5 * seen.posts / max(1, Int(seen.length / .seconds(1)))
    if seen.outbox > most { faults.append("\(seen.outbox) tickets in the outbox") }
    return Verdict(
      .D14, observations: times.count, atLeast: minimum,
      counts: [
        "accepted": seen.accepted, "refused": times.count, "most in the outbox": seen.outbox,
        "allowed there": cap,
      ],
      notes: [
        "refusals within \(milliseconds(times.percentile(99))) (p99, "
          + "\(milliseconds(limit)) allowed), \(milliseconds(times.last)) (max)",
        "the gateway's memory \(seen.memory.before) MiB before, \(seen.memory.highest) MiB at most "
          + "(\(seen.memory.before + room) allowed)",
      ], faults: faults)
  }

  private static func milliseconds(_ duration: Duration?) -> String {
    duration.map { "\(Int($0 / .milliseconds(1))) ms" } ?? "–"
  }
}
