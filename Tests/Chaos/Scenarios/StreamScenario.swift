import HTTP
import Jobs
import TestSupport

/// D17: streams read over many connections to two gateways, one of which is killed again and again.
package struct StreamScenario: Scenario {
  package let name = "streams"
  package let promises: [Promise] = [.D17]
  package let extent = (
    short: "12 jobs, each read over 20 connections", long: "500 jobs, each read over 20 connections"
  )

  /// As a catalogue wants it.
  package init() {}

  private static let connections = 20

  package func run(_ bench: ChaosBench) async throws -> [Verdict] {
    try await bench.addGateways(2)
    for number in 0..<2 {
      try await bench.crew.add("worker \(number)") { [system = bench.system] failpoints in
        // The built-in model, slowly.
        try await system.startWorker(
          "agent.main", "skill.files", "skill.system", pace: 15, concurrency: 8,
          failpoints: failpoints)
      }
    }
    let jobs = bench.isLong ? 500 : 12
    let all = try await withThrowingTaskGroup(of: Reading.self) { group in
      group.addTask { Reading(kills: try await keepKilling("gateway 1", bench)) }
      var all = Reading()
      for number in 0..<jobs {
        group.addTask { try await follow(number, bench) }
        // Not more at once than the machine can stream.
        if number >= 24, let next = try await group.next() { all.add(next) }
      }
      for _ in 0..<min(jobs, 24) { if let next = try await group.next() { all.add(next) } }
      // What is left is the one who kills.
      group.cancelAll()
      for try await last in group { all.add(last) }
      return all
    }
    var deeds = Checker.Deeds()
    deeds.hits = all.kills
    let checks = try await Checker(bench).verdicts(deeds, jobs: jobs)
    let verdict = Verdict(
      .D17, observations: all.kills > 0 ? all.connections : 0, atLeast: jobs * Self.connections,
      counts: ["streams": jobs, "connections": all.connections, "gateways killed": all.kills],
      faults: all.faults)
    return checks + [verdict]
  }

  /// What has been done and seen.
  private struct Reading: Sendable {
    var connections = 0
    var kills = 0
    var faults: [String] = []

    mutating func add(_ other: Reading) {
      connections += other.connections
      kills += other.kills
      faults += other.faults
    }
  }

  /// Kills a gateway soon after it is ready, again and again until cancelled.
  ///
  /// - Returns: How often.
  private func keepKilling(_ name: String, _ bench: ChaosBench) async throws -> Int {
    var dice = bench.dice("kills")
    var kills = 0
    do {
      while true {
        try await bench.client(1).waitUntilReady()
        try await Task.sleep(for: dice.duration(100...800))
        _ = await bench.crew.kill(name)
        kills += 1
        try await bench.crew.restart(name)
      }
    } catch is CancellationError {
      return kills
    }
  }

  /// Reads a job to its end over many connections, to the nodes in turns.
  private func follow(_ number: Int, _ bench: ChaosBench) async throws -> Reading {
    var dice = bench.dice("reader \(number)")
    let request = LoadRequest(
      key: "stream-\(number)",
      body: [
        "target": "agent:main", "input": .string("write \"Grüße \(number)\" to \(number).txt"),
      ])
    let job = try await bench.client().accepted(request)
    try await bench.ledger.note(accepted: job, key: request.key)
    var reading = EventReading()
    var made = 0
    while made < Self.connections || !reading.isOver {
      // All that was read; now some of it again, as after a crash of the client.
      if reading.isOver {
        reading.rewind(to: Int.random(in: 0..<reading.types.count, using: &dice))
      }
      let patience = Int.random(in: 1...6, using: &dice)
      var seen = 0
      do {
        _ = try await bench.client(made % 2).events(of: job, &reading) { _ in
          seen += 1
          return made < Self.connections && seen >= patience
        }
      } catch let error as HTTPError where error.isRetryable || error.isInDoubt {
        try await Task.sleep(for: .milliseconds(50))
      }
      made += 1
    }
    return Reading(
      connections: made, faults: reading.faults + (try await differences(job, reading, bench)))
  }

  /// Where what was read is not what is stored.
  private func differences(
    _ job: JobID, _ reading: EventReading, _ bench: ChaosBench
  ) async throws -> [String] {
    let client = bench.client()
    var faults: [String] = []
    var rest = reading
    if try await client.events(of: job, &rest) != 204 { faults.append("\(job) has more events") }
    let steps = try await client.send(.get, "/api/v1/jobs/\(job)/steps").json["items"]?.elements
    for step in steps ?? [] where step["kind"] == "agent_turn" {
      let text = step["output"]?["text"]?.text
      if step["id"]?.text.flatMap(reading.text) ?? "" != text {
        faults.append("\(job): the text read is not the one stored")
      }
    }
    return steps?.isEmpty ?? true ? faults + ["\(job) has no steps"] : faults
  }
}
