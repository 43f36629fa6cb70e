import Foundation
import HTTP
import Jobs
import LocalServices
import Postgres
import Synchronization
import TestSupport

/// Users who ask for one short job after the other and wait for none of them, nor for what
/// `Retry-After` tells.
final class Flood: Sendable {
  /// What they saw.
  struct Seen: Sendable {
    var accepted = 0
    /// How long each refusal took, until the client had it.
    var refusals: [Duration] = []
    /// Answers that no client should get.
    var surprises: [String] = []
    /// The most tickets that were in the outbox.
    var outbox = 0
    /// The gateway's, in MiB: the most before the first alarm, and in all.
    var memory = (before: 0, highest: 0)
    /// From the first request on.
    var length = Duration.zero
    /// All requests that were answered.
    var posts: Int { accepted + refusals.count + surprises.count }
  }

  private struct State {
    var seen = Seen()
    var hadAlarm = false
    var isOver = false
    var liftedAt = ContinuousClock.now
    var acceptedAt = ContinuousClock.now

    mutating func take(_ answer: Client.Answer, took: Duration) {
      let hasDelay = answer.headers["Retry-After"].flatMap { Int($0) } != nil
      switch answer.status {
      case 202:
        seen.accepted += 1
        acceptedAt = .now
      case 503 where hasDelay, 429 where hasDelay: seen.refusals.append(took)
      default: seen.surprises.append("POST answered \(answer.status) \(answer.json)")
      }
    }
  }

  private let bench: ChaosBench
  private let users: Int
  private let pause: Duration
  private let state = Mutex(State())

  /// - Parameter pause: How long a user rests between two requests to the only gateway.
  init(_ bench: ChaosBench, users: Int, pause: Duration) {
    self.bench = bench
    self.users = users
    self.pause = pause
  }

  /// All so far.
  var seen: Seen { state.withLock(\.seen) }

  /// Runs the body under load, and watches the gateway meanwhile.
  func during<Value: Sendable>(
    _ body: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    let began = ContinuousClock.now
    return try await withThrowingTaskGroup(of: Value?.self) { group in
      for number in 0..<users {
        group.addTask {
          try await self.ask(as: number)
          return nil
        }
      }
      group.addTask {
        try await self.watch()
        return nil
      }
      group.addTask {
        defer {
          self.state.withLock { state in
            state.isOver = true
            state.seen.length = .now - began
          }
        }
        return try await body()
      }
      var value: Value?
      for try await ended in group { value = ended ?? value }
      guard let value else { throw Unexpected("the flood ended before its body") }
      return value
    }
  }

  /// Lets the broker be short of memory for a time.
  func alarm(for time: Duration) async throws {
    let control = bench.system.stack.rabbitmq.control
    state.withLock { $0.hadAlarm = true }
    try await control.setMemoryAlarm(true)
    try await Task.sleep(for: time)
    try await control.setMemoryAlarm(false)
    state.withLock { $0.liftedAt = .now }
  }

  /// Waits for the first 202 since the end of the alarm.
  func timeToAcceptance(within limit: Duration) async throws -> Duration {
    while true {
      let (lifted, accepted) = state.withLock { ($0.liftedAt, $0.acceptedAt) }
      if accepted > lifted { return accepted - lifted }
      if .now - lifted > limit { throw Unexpected("no 202 within \(limit) after an alarm") }
      try await Task.sleep(for: .milliseconds(20))
    }
  }

  private func ask(as user: Int) async throws {
    let client = bench.client()
    var number = 0
    while !state.withLock(\.isOver) {
      number += 1
      let key = "flood-\(user)-\(number)"
      let began = ContinuousClock.now
      let answer = try await client.send(
        .post, "/api/v1/jobs",
        body: ["target": "skill:test.pause", "input": ["milliseconds": 40]],
        headers: ["Idempotency-Key": key])
      let took = ContinuousClock.now - began
      if answer.status == 202, let job = answer.json["id"]?.text.flatMap({ JobID($0) }) {
        try await bench.ledger.note(accepted: job, key: key)
      }
      state.withLock { $0.take(answer, took: took) }
      try await Task.sleep(for: pause)
    }
  }

  private func watch() async throws {
    guard let pid = await bench.crew.pid(of: "gateway 0") else { return }
    while !state.withLock(\.isOver) {
      let memory = try Self.memory(of: pid)
      let tickets = try await bench.system.count("outbox WHERE true")
      state.withLock { state in
        if !state.hadAlarm { state.seen.memory.before = max(state.seen.memory.before, memory) }
        state.seen.memory.highest = max(state.seen.memory.highest, memory)
        state.seen.outbox = max(state.seen.outbox, tickets)
      }
      try await Task.sleep(for: .milliseconds(200))
    }
  }

  /// The resident set of a process in MiB.
  private static func memory(of pid: Int32) throws -> Int {
    let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") } ?? ""
    return line.split(separator: " ").compactMap { Int($0) }.first.map { $0 / 1024 } ?? 0
  }
}
