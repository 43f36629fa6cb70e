import Foundation
import HTTP
import Jobs
import LocalServices
import Postgres
import TestSupport

/// D20: sessions with many messages, while their workers are killed.
package struct SessionScenario: Scenario {
  package let name = "sessions"
  package let promises: [Promise] = [.D20]
  package let extent = (
    short:
      "10 sessions of 12 messages, some cancelled, over 8 slots, a kill of a worker every other "
      + "second, each third as it has let the next message go on; what the dead held is taken back "
      + "at once",
    long: "10 sessions of 200 messages, some cancelled, over 8 slots, a kill every three seconds, "
      + "each third as it has let the next message go on"
  )

  /// As a catalogue wants it.
  package init() {}

  private static let sessions = 10

  package func run(_ bench: ChaosBench) async throws -> [Verdict] {
    let messages = bench.isLong ? 200 : 12
    try await bench.addGateways(2)
    try await bench.addWorkers(2)
    let graves = Graves()
    async let killing = kill(until: graves, bench)
    let places = try await talk(messages, bench)
    try await bench.waitForEnd(plus: bench.isLong ? .seconds(1200) : .zero)
    graves.close()
    let kills = try await killing
    var deeds = Checker.Deeds()
    deeds.hits = kills.all
    deeds.mayRepeat = kills.all * 4
    let checks = try await Checker(bench).verdicts(deeds, jobs: Self.sessions * messages)
    return checks + [try await verdict(places, messages: messages, kills: kills, bench)]
  }

  /// Places by job.
  private typealias Places = [String: SessionOrder.Place]

  /// Sends the messages of all sessions, each session's one after the other.
  private func talk(_ messages: Int, _ bench: ChaosBench) async throws -> Places {
    try await withThrowingTaskGroup(of: Places.self) { group in
      for session in 0..<Self.sessions {
        group.addTask { try await talk(in: session, messages, bench) }
      }
      return try await group.reduce(into: [:]) { $0.merge($1) { first, _ in first } }
    }
  }

  /// Every other session is sent all at once; the others run dry now and then.
  private func talk(
    in number: Int, _ messages: Int, _ bench: ChaosBench
  ) async throws -> Places {
    var dice = bench.dice("session \(number)")
    let session = "session-\(number)"
    var places: Places = [:]
    for message in 0..<messages {
      let key = "\(session)-\(message)"
      let call = dice.pick(["", "\nuse system.clock {}"])
      let request = LoadRequest(
        key: key,
        body: [
          "target": "agent:main", "input": .string("job \(key)\(call)"),
          "session_id": .string(session),
          "priority": .string(dice.pick(["high", "normal", "low"])),
        ])
      let job = try await bench.enqueue(request, startingAt: message % 2)
      places[job.description] = SessionOrder.Place(session: session, message: message)
      if Int.random(in: 0..<10, using: &dice) == 0 {
        // Whether it is in time does not matter.
        _ = try await bench.client().send(.post, "/api/v1/jobs/\(job)/cancel")
      }
      if number.isMultiple(of: 2) { try await Task.sleep(for: dice.duration(0...800)) }
    }
    return places
  }

  /// How workers died.
  private struct Kills {
    var all = 0
    /// Of these, after a COMMIT that had let a held step go on, before its ticket was sent.
    var atPromote = 0
  }

  /// Kills one worker after the other until the graves are closed: in the middle of a step, and
  /// each third time where it has let the next message go on.
  private func kill(until graves: Graves, _ bench: ChaosBench) async throws -> Kills {
    let squad = HitSquad(bench, watch: ResumeWatch(bench.system))
    var dice = bench.dice("kills")
    var kills = Kills()
    for round in 0... {
      try await Task.sleep(for: dice.duration(bench.isLong ? 2000...4000 : 1000...2000))
      if graves.areClosed { break }
      let worker = dice.pick(["worker 0", "worker 1"])
      guard round % 3 == 1 else {
        try await squad.killWorker(worker, endsLeases: !bench.isLong)
        kills.all += 1
        continue
      }
      let point = "promote:\(Int.random(in: 1...2, using: &dice))"
      let death = try await bench.crew.restart(worker, dyingAt: point, within: .seconds(20)) {
        if !bench.isLong { try await bench.system.endLeases(ofWorker: $0) }
      }
      kills.all += 2
      if death != nil { kills.atPromote += 1 }
    }
    return kills
  }

  /// A job as the database has it.
  private struct Run {
    let place: SessionOrder.Place
    let state: JobState?
    /// Milliseconds of Unix time; `nil` for one that never began.
    let began: Double?
    let ended: Double?
  }

  private func runs(_ places: Places, _ bench: ChaosBench) async throws -> [Run] {
    try await bench.system.rows(
      """
      SELECT jobs.id::text AS job, jobs.state,
        extract(epoch FROM least(jobs.started_at, min(steps.started_at)))::float8 AS began,
        extract(epoch FROM jobs.finished_at)::float8 AS ended
      FROM jobs JOIN steps ON steps.job_id = jobs.id GROUP BY jobs.id
      """
    ) { row -> Run? in
      guard let place = places[try row.decode("job", as: String.self)] else { return nil }
      return Run(
        place: place, state: JobState(rawValue: try row.decode("state", as: Int16.self)),
        began: try row.decode("began", as: Double?.self),
        ended: try row.decode("ended", as: Double?.self))
    }.compactMap(\.self)
  }

  private func verdict(
    _ places: Places, messages: Int, kills: Kills, _ bench: ChaosBench
  ) async throws -> Verdict {
    let runs = try await runs(places, bench)
    let order = SessionOrder(
      text: try String(contentsOf: bench.system.ledger, encoding: .utf8), places: places)
    var faults = order.faults
    var overlaps = 0
    for (session, all) in Dictionary(grouping: runs, by: \.place.session) {
      let all = all.sorted { $0.place.message < $1.place.message }.filter { $0.began != nil }
      for (one, next) in zip(all, all.dropFirst()) {
        guard let ended = one.ended, let began = next.began, ended <= began else {
          overlaps += 1
          faults.append("\(session): \(next.place.message) began before \(one.place.message) ended")
          continue
        }
      }
    }
    let failed = runs.count { $0.state != .succeeded && $0.state != .cancelled }
    if failed > 0 { faults.append("\(failed) messages have neither succeeded nor been cancelled") }
    if kills.atPromote == 0 { faults.append("no worker died as it let a message go on") }
    return Verdict(
      .D20, observations: kills.all > 0 ? runs.count : 0, atLeast: Self.sessions * messages,
      counts: [
        "sessions": Self.sessions, "messages": runs.count,
        "of these cancelled": runs.count { $0.state == .cancelled },
        "executions": order.executions, "kills": kills.all,
        "of these at promote": kills.atPromote, "overlaps": overlaps,
        "out of order": order.faults.count,
      ], faults: faults)
  }
}
