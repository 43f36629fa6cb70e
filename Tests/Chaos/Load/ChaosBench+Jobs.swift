import AMQP
import HTTP
import Jobs
import LocalServices
import Postgres
import TestSupport

extension ChaosBench {
  /// Asks the first gateway for a job until it is accepted, and notes that.
  @discardableResult
  func enqueue(_ request: LoadRequest) async throws -> JobID {
    let job = try await client().accepted(request)
    try await ledger.note(accepted: job, key: request.key)
    return job
  }

  /// Asks two gateways in turns for a job until one has accepted it, and notes that.
  @discardableResult
  func enqueue(_ request: LoadRequest, startingAt first: Int) async throws -> JobID {
    let answer = try await insist(
      .post, "/api/v1/jobs", body: request.body, headers: ["Idempotency-Key": request.key],
      on: [202], startingAt: first)
    guard let job = answer.json["id"]?.text.flatMap({ JobID($0) }) else {
      throw Unexpected("POST answered \(answer.json)")
    }
    try await ledger.note(accepted: job, key: request.key)
    return job
  }

  /// Asks two gateways in turns until one has answered; 503 is no answer.
  ///
  /// - Throws: ``Unexpected`` for a status that is not among `statuses`.
  func insist(
    _ method: HTTPMethod, _ path: String, body: JSONValue? = nil, headers: [String: String] = [:],
    on statuses: Set<Int>, startingAt first: Int = 0
  ) async throws -> Client.Answer {
    var gateway = first
    while true {
      do {
        let answer = try await client(gateway).send(method, path, body: body, headers: headers)
        if statuses.contains(answer.status) { return answer }
        guard answer.status == 503 else {
          throw Unexpected("\(method) \(path) was answered \(answer.status): \(answer.json)")
        }
      } catch let error as HTTPError where error.code != .cancelled {
        // Killed; the other one is up.
      }
      gateway = 1 - gateway
      try await Task.sleep(for: .milliseconds(20))
    }
  }

  /// Enqueues a job whose answer has so many words and three more; an urgent one, as each worker
  /// keeps a slot for those.
  @discardableResult
  func enqueueTalk(_ key: String, words: Int) async throws -> JobID {
    let words = Array(repeating: "word", count: words).joined(separator: " ")
    return try await enqueue(
      LoadRequest(
        key: key,
        body: [
          "target": "agent:main", "input": .string("\(key) \(words)"), "priority": "urgent",
        ]))
  }

  /// Waits until so many workers take the tickets of urgent turns, so that each gets its share.
  func waitForWorkers(_ count: Int) async throws {
    let broker = try await AMQPChannel.open(
      AMQPConfiguration(url: try system.stack.amqpURL(), connectionName: "chaos"))
    try await wait(atMost: .seconds(20)) {
      let queue = try await broker.declareQueuePassive("openclaw.agent.main.urgent")
      return queue.consumerCount >= count
    }
    await broker.close()
  }

  /// Waits until all jobs are over, as long as the patience lasts and a given time longer; what is
  /// left then is for the ``Checker``.
  ///
  /// - Parameter condition: Which jobs.
  func waitForEnd(of condition: SQL = "true", plus longer: Duration = .zero) async throws {
    let open: SQL = "jobs WHERE state < 4 AND "
    try await wait(atMost: patience.settle + longer) {
      try await system.count(open + condition) == 0
    }
  }

  /// Asks ten times a second whether something is so, and goes on in any case when time is up: what
  /// it means that it is not so is for the verdict.
  func wait(atMost limit: Duration, until isSo: () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now + limit
    while try await !isSo(), ContinuousClock.now < deadline {
      try await Task.sleep(for: .milliseconds(100))
    }
  }
}
