import Foundation
import HTTP
import Jobs
import LocalServices
import Postgres
import TestSupport

/// D11: steps that kill their process, among good ones in the same workers.
package struct CrashScenario: Scenario {
  package let name = "crashes"
  package let promises: [Promise] = [.D11]
  package let extent = (
    short:
      "three jobs that kill their worker each time, among good ones; what the dead held is taken "
      + "back at once",
    long: "40 jobs that kill their worker each time, among good ones"
  )
  package let hasTestSkills = true

  /// As a catalogue wants it.
  package init() {}

  package func run(_ bench: ChaosBench) async throws -> [Verdict] {
    try await bench.addGateways(1)
    try await bench.addWorkers(bench.isLong ? 4 : 3)
    let load = LoadGenerator(
      bench, users: 16, ports: [bench.system.gatewayPorts[0]], pause: .milliseconds(50),
      of: .lasting)
    let culprits = bench.isLong ? 40 : 3
    let (jobs, deaths) = try await load.during {
      try await withThrowingTaskGroup(of: Int.self) { group in
        for name in await bench.crew.names(of: "worker") {
          group.addTask { try await keepAlive(name, bench) }
        }
        let jobs = try await crash(culprits, bench)
        group.cancelAll()
        return (jobs, try await group.reduce(0, +))
      }
    }
    let healed = try await retry(jobs, bench)
    var deeds = Checker.Deeds()
    deeds.hits = deaths
    deeds.mayRepeat = deaths * 4
    let checks = try await Checker(bench).verdicts(
      deeds, jobs: bench.isLong ? 1000 : 50, surprises: load.surprises)
    let seen = try await CrashCount(bench, healed: healed)
    let verdict = Verdict(
      .D11, observations: min(seen.culprits, seen.aboard), atLeast: culprits,
      counts: [
        "crashing steps": seen.culprits, "most crashes of one": seen.most, "deaths": deaths,
        "good steps aboard": seen.aboard, "most charged to one of them": seen.mostCharged,
        "that lost an attempt": seen.attemptsLost,
        "that did not succeed": seen.failed, "retried and succeeded": healed.count,
      ], faults: seen.faults)
    return checks + [verdict]
  }

  /// Starts a worker again whenever it dies, until cancelled.
  ///
  /// - Returns: How often it died.
  private func keepAlive(_ name: String, _ bench: ChaosBench) async throws -> Int {
    var deaths = 0
    do {
      while true {
        try await Task.sleep(for: .milliseconds(20))
        guard await bench.crew.hasEnded(name) else { continue }
        deaths += 1
        if let pid = await bench.crew.pid(of: name), !bench.isLong {
          try await bench.system.endLeases(ofWorker: pid)
        }
        try await bench.crew.restart(name)
      }
    } catch is CancellationError {
      return deaths
    }
  }

  /// Enqueues jobs that crash, about one a second, and waits for their ends.
  private func crash(_ count: Int, _ bench: ChaosBench) async throws -> [JobID] {
    var dice = bench.dice("crashes")
    return try await withThrowingTaskGroup(of: JobID.self) { group in
      for number in 0..<count {
        let wait = dice.duration(0...1000 * count)
        group.addTask {
          try await Task.sleep(for: wait)
          let request = LoadRequest(
            key: "crash-\(number)", body: ["target": "skill:test.crash", "input": [:]])
          let job = try await bench.client().accepted(request)
          try await bench.ledger.note(accepted: job, key: request.key)
          try await follow(job, bench)
          return job
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
  }

  /// Mends the skill, and asks for each job once more.
  ///
  /// - Returns: The new jobs.
  private func retry(_ jobs: [JobID], _ bench: ChaosBench) async throws -> [JobID] {
    try Data().write(to: bench.system.mended)
    var healed: [JobID] = []
    for job in jobs {
      let answer = try await bench.client().send(.post, "/api/v1/jobs/\(job)/retry")
      guard answer.status == 202, let new = answer.json["id"]?.text.flatMap({ JobID($0) }) else {
        throw Unexpected("the retry of \(job) answered \(answer.status): \(answer.json)")
      }
      try await bench.ledger.note(accepted: new, key: "again-\(job)")
      try await follow(new, bench)
      healed.append(new)
    }
    return healed
  }

  private func follow(_ job: JobID, _ bench: ChaosBench) async throws {
    while true {
      let answer = try await bench.client().send(.get, "/api/v1/jobs/\(job)?wait=10")
      if let state = answer.finalState {
        return try await bench.ledger.note(result: state, of: job)
      }
    }
  }
}
