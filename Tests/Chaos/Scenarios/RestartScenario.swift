import Foundation
import Jobs
import LocalServices
import Postgres
import TestSupport

/// D21: workers and gateways restarted one after the other with SIGTERM, under load.
package struct RestartScenario: Scenario {
  package let name = "restarts"
  package let promises: [Promise] = [.D21]
  package let extent = (
    short: "six restarts under load, of each worker and gateway",
    long: "200 restarts under load, each tenth of a worker with a step that outlasts its patience"
  )
  package let hasTestSkills = true

  /// As a catalogue wants it.
  package init() {}

  /// The longest from the signal to the end.
  private static let limit = Duration.seconds(30)
  /// How long a worker lets its steps go on, and some.
  private static let outlasting: Int64 = 26_000

  /// What the restarts came to.
  private struct Tally {
    var times: [Duration] = []
    /// Workers that were restarted with a step that is given back.
    var outlasted = 0
    var faults: [String] = []
  }

  package func run(_ bench: ChaosBench) async throws -> [Verdict] {
    try await bench.addGateways(2)
    try await bench.addWorkers(3)
    let load = LoadGenerator(
      bench, users: 12, ports: Array(bench.system.gatewayPorts.prefix(2)),
      pause: .milliseconds(50), of: .lasting)
    let tally = try await load.during { try await restarts(bench) }
    // What was given back has to run in peace.
    try await bench.waitForEnd()
    let steps = try await steps(bench)
    var deeds = Checker.Deeds()
    deeds.hits = tally.times.count
    deeds.mayRepeat = steps.givenBack
    let checks = try await Checker(bench).verdicts(
      deeds, jobs: bench.isLong ? 2000 : 30, surprises: load.surprises)
    return checks + [verdict(tally, steps, isLong: bench.isLong)]
  }

  private func restarts(_ bench: ChaosBench) async throws -> Tally {
    var dice = bench.dice("restarts")
    var tally = Tally()
    let names = ["worker 0", "gateway 0", "worker 1", "gateway 1", "worker 2"]
    let first = names.shuffled(using: &dice) + ["worker 0"]
    for number in 0..<(bench.isLong ? 200 : first.count) {
      try await Task.sleep(for: dice.duration(100...600))
      if bench.isLong, number % 10 == 9 {
        let name = try await occupiedWorker(number, bench)
        try await restart(name, bench, &tally)
        tally.outlasted += 1
      } else {
        try await restart(number < first.count ? first[number] : dice.pick(names), bench, &tally)
      }
    }
    return tally
  }

  private func restart(_ name: String, _ bench: ChaosBench, _ tally: inout Tally) async throws {
    let end = try await bench.crew.terminate(name, within: Self.limit + .seconds(10))
    guard let end else { throw Unexpected("\(name) had ended by itself") }
    tally.times.append(end.took)
    if end.took > Self.limit { tally.faults.append("\(name) took \(end.took.inSeconds) to end") }
    // 143: the signal met it so soon after its start that it had not begun to listen for it.
    if ![0, 143].contains(end.code) { tally.faults.append("\(name) ended with \(end.code)") }
    try await bench.crew.restart(name)
    if let number = name.split(separator: " ").last.flatMap({ Int($0) }), name.hasPrefix("gateway")
    {
      try await bench.client(number).waitUntilReady()
    }
  }

  /// Lets a worker have a step that it cannot end in time.
  private func occupiedWorker(_ number: Int, _ bench: ChaosBench) async throws -> String {
    let job = try await bench.enqueue(
      LoadRequest(
        key: "outlasting-\(number)",
        body: [
          "target": "skill:test.pause", "input": ["milliseconds": .integer(Self.outlasting)],
          "priority": "urgent",
        ]))
    var pid: Int32?
    try await bench.wait(atMost: .seconds(30)) {
      pid = try await bench.system.rows(
        """
        SELECT workers.pid FROM steps JOIN workers ON workers.id = steps.worker_id
        WHERE steps.job_id = \(job.uuid) AND steps.state = 3
        """
      ) { try $0.decode("pid", as: Int32.self) }.first
      return pid != nil
    }
    for name in await bench.crew.names(of: "worker") {
      if let pid, await bench.crew.pid(of: name) == pid { return name }
    }
    throw Unexpected("no worker runs \(job)")
  }

  /// What the database says of all steps.
  private struct Steps {
    var all = 0
    /// Starts beyond the first that cost no attempt.
    var givenBack = 0
    var secondAttempts = 0
    var crashes = 0
    var failedJobs = 0
  }

  private func steps(_ bench: ChaosBench) async throws -> Steps {
    let rows = try await bench.system.rows(
      """
      SELECT count(*) AS n, sum(runs - attempt) FILTER (WHERE runs > 0)::bigint AS back,
        count(*) FILTER (WHERE attempt > 1) AS again,
        count(*) FILTER (WHERE crashes > 0 OR is_suspect) AS crashes,
        (SELECT count(*) FROM jobs WHERE state > 4) AS failed FROM steps
      """
    ) { row in
      Steps(
        all: Int(try row.decode("n", as: Int64.self)),
        givenBack: Int(try row.decode("back", as: Int64?.self) ?? 0),
        secondAttempts: Int(try row.decode("again", as: Int64.self)),
        crashes: Int(try row.decode("crashes", as: Int64.self)),
        failedJobs: Int(try row.decode("failed", as: Int64.self)))
    }
    return rows.first ?? Steps()
  }

  private func verdict(_ tally: Tally, _ steps: Steps, isLong: Bool) -> Verdict {
    var faults = tally.faults
    let wrong = [
      (steps.failedJobs, "jobs have not succeeded"), (steps.secondAttempts, "attempts were wasted"),
      (steps.crashes, "steps count as crashed"),
      (max(0, tally.outlasted - steps.givenBack), "steps were not given back"),
    ]
    faults += wrong.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
    return Verdict(
      .D21, observations: tally.times.count, atLeast: isLong ? 200 : 6,
      counts: [
        "restarts": tally.times.count, "steps": steps.all, "given back": steps.givenBack,
        "second attempts": steps.secondAttempts, "failed jobs": steps.failedJobs,
      ],
      notes: ["ended within \(tally.times.max()?.inSeconds ?? "–")"], faults: faults)
  }
}
