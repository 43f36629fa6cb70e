import HTTP
import Jobs
import LocalServices
import Postgres
import TestSupport

/// D16: gateways lose their broker connections again and again while clients wait at their streams.
package struct ReplyScenario: Scenario {
  package let name = "replies"
  package let promises: [Promise] = [.D16]
  package let extent = (
    short:
      "150 jobs, each followed over one stream, all broker connections of gateways reset every second",
    long: "5,000 jobs, all broker connections of gateways reset every 3 s"
  )

  /// As a catalogue wants it.
  package init() {}

  /// The longest that a stream may end after its job.
  private static let limit = Duration.seconds(5)

  package func run(_ bench: ChaosBench) async throws -> [Verdict] {
    let proxy = try FaultProxy(to: bench.system.stack.ports.amqp)
    defer { proxy.end() }
    try await bench.addGateways(
      2, settings: ["OPENCLAW_AMQP_URL": try bench.brokerURL(through: proxy)])
    try await bench.addWorkers(2)
    let jobs = bench.isLong ? 5000 : 150
    let pause = bench.isLong ? Duration.seconds(3) : .seconds(1)
    let (ends, drops) = try await withThrowingTaskGroup(of: [String].self) { group in
      group.addTask {
        while !Task.isCancelled {
          // Cancelled when all streams have ended.
          guard (try? await Task.sleep(for: pause)) != nil else { break }
          proxy.breakAll()
        }
        return []
      }
      var faults: [String] = []
      for number in 0..<jobs {
        group.addTask { try await follow(number, bench) }
        if number >= 16 { faults += try await group.next() ?? [] }
      }
      for _ in 0..<min(jobs, 16) { faults += try await group.next() ?? [] }
      group.cancelAll()
      return (faults, proxy.counts.broken)
    }
    var deeds = Checker.Deeds()
    deeds.hits = drops
    let checks = try await Checker(bench).verdicts(deeds, jobs: jobs)
    let verdict = Verdict(
      .D16, observations: min(jobs, drops * 10), atLeast: jobs,
      counts: ["streams": jobs, "broker connections reset": drops, "ends not told": ends.count],
      faults: ends)
    return checks + [verdict]
  }

  /// Enqueues a job and reads one stream to its end.
  private func follow(_ number: Int, _ bench: ChaosBench) async throws -> [String] {
    var mix = LoadMix(bench.dice("job \(number)"))
    let request = mix.next()
    let client = bench.client(number % 2)
    let job = try await client.accepted(request)
    try await bench.ledger.note(accepted: job, key: request.key)
    let reading = try await withThrowingTaskGroup(of: EventReading?.self) { group in
      group.addTask {
        var reading = EventReading()
        _ = try await client.events(of: job, &reading)
        return reading
      }
      group.addTask {
        while try await bench.system.count("jobs WHERE id = \(job.uuid) AND state >= 4") == 0 {
          try await Task.sleep(for: .milliseconds(250))
        }
        try await Task.sleep(for: Self.limit)
        return nil
      }
      defer { group.cancelAll() }
      return try await group.next() ?? nil
    }
    guard let reading else { return ["\(job) was over, and its stream did not say so"] }
    return reading.isOver && reading.faults.isEmpty ? [] : ["\(job): \(reading.faults)"]
  }
}

extension Client {
  /// Asks until the job is accepted.
  func accepted(_ request: LoadRequest) async throws -> JobID {
    while true {
      do {
        let answer = try await send(
          .post, "/api/v1/jobs", body: request.body, headers: ["Idempotency-Key": request.key])
        if answer.status == 202, let id = answer.json["id"]?.text.flatMap({ JobID($0) }) {
          return id
        }
        guard answer.status == 503 else {
          throw Unexpected("POST answered \(answer.status): \(answer.json)")
        }
      } catch let error as HTTPError where error.isRetryable || error.isInDoubt {
        // Down or cut: asked again with the same key.
      }
      try await Task.sleep(for: .milliseconds(100))
    }
  }
}
