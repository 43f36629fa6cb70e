import HTTP
import Jobs
import Postgres
import TestSupport

/// D5: the same request many times at once, over three gateways, with sockets cut after it was sent.
package struct KeyScenario: Scenario {
  package let name = "keys"
  package let promises: [Promise] = [.D5]
  package let extent = (
    short: "50 keys, 20 requests at once for each, over 3 gateways, every third answer cut off",
    long: "1,000 keys, 50 requests at once for each"
  )

  /// As a catalogue wants it.
  package init() {}

  /// What the requests of one key came to.
  private struct Answers {
    var jobs: Set<JobID> = []
    var unanswered = 0
    var odd: [String] = []
  }

  package func run(_ bench: ChaosBench) async throws -> [Verdict] {
    let (keys, requests) = bench.isLong ? (1000, 50) : (50, 20)
    try await bench.addGateways(3)
    try await bench.addWorkers(1)
    let proxies = try bench.system.gatewayPorts.map { try FaultProxy(to: $0) }
    defer { proxies.forEach { $0.end() } }
    // The request arrives, its answer does not.
    proxies.forEach { $0.set(.cut(afterBytes: 0), .down) }
    let ports = bench.system.gatewayPorts + bench.system.gatewayPorts + proxies.map(\.port)
    var mix = LoadMix(bench.dice("keys"))
    var dice = bench.dice("ports")
    var (unanswered, doubled, odd): (Int, [String], [String]) = (0, [], [])
    for _ in 0..<keys {
      let request = mix.next()
      let chosen = (0..<requests).map { _ in dice.pick(ports) }
      let answers = try await ask(for: request, at: chosen, bench)
      unanswered += answers.unanswered
      odd += answers.odd
      if answers.jobs.count > 1 { doubled.append(request.key) }
    }
    var deeds = Checker.Deeds()
    deeds.hits = proxies.map(\.counts.broken).reduce(0, +)
    let checks = try await Checker(bench).verdicts(deeds, jobs: keys, surprises: odd)
    let jobs = try await bench.system.count("jobs WHERE true")
    var faults = doubled.map { "the key \($0) was answered with two jobs" }
    if jobs != keys { faults.append("\(keys) keys made \(jobs) jobs") }
    let verdict = Verdict(
      .D5, observations: deeds.hits, atLeast: keys,
      counts: [
        "keys": keys, "requests": keys * (requests + 1), "cut off": deeds.hits,
        "unanswered": unanswered, "jobs": jobs,
      ], faults: faults)
    return checks + [verdict]
  }

  /// Asks many times at once, then once more until it is answered.
  private func ask(
    for request: LoadRequest, at ports: [UInt16], _ bench: ChaosBench
  ) async throws -> Answers {
    let headers = ["Idempotency-Key": request.key]
    var answers = await withTaskGroup(of: Client.Answer?.self) { group in
      for port in ports {
        group.addTask {
          let client = Client(bench.system, port: port, http: bench.http)
          // No answer is what the cut is for.
          return try? await client.send(
            .post, "/api/v1/jobs", body: request.body, headers: headers, timeout: .seconds(30))
        }
      }
      return await group.reduce(into: Answers(), take)
    }
    while true {
      let answer = try await bench.client().send(
        .post, "/api/v1/jobs", body: request.body, headers: headers)
      take(&answers, answer)
      if answer.status == 202 { break }
      try await Task.sleep(for: .milliseconds(100))
    }
    for job in answers.jobs { try await bench.ledger.note(accepted: job, key: request.key) }
    return answers
  }

  private func take(_ answers: inout Answers, _ answer: Client.Answer?) {
    guard let answer else { return answers.unanswered += 1 }
    if let job = answer.json["id"]?.text.flatMap({ JobID($0) }), answer.status == 202 {
      answers.jobs.insert(job)
    } else if answer.status != 503, answer.status != 429 {
      answers.odd.append("POST answered \(answer.status) \(answer.json)")
    }
  }
}
