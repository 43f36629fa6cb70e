import Foundation
import HTTP
import Jobs
import Synchronization
import TestSupport

/// Users who enqueue a job, wait for its result and begin anew, whatever happens meanwhile.
///
/// Each 202 and each final result is in the client's ledger before its user goes on.
package final class LoadGenerator: Sendable {
  private struct State {
    var isOver = false
    var surprises: [String] = []
    /// By the phase in which they began.
    var slowest: [Post: Duration] = [:]
    var phase = 0
    var answers = 0
  }

  /// When and where POSTs went.
  private struct Post: Hashable {
    let phase: Int
    let port: UInt16
  }

  private let bench: ChaosBench
  private let users: Int
  private let ports: [UInt16]
  private let pause: Duration
  private let kind: LoadMix.Kind
  private let state = Mutex(State())

  /// - Parameters:
  ///   - users: How many jobs are under way at once.
  ///   - ports: Of the gateways, or of proxies before them; each request goes to one of them.
  ///   - pause: How long a user rests between two jobs.
  ///   - kind: What the jobs are.
  package init(
    _ bench: ChaosBench, users: Int, ports: [UInt16], pause: Duration = .zero,
    of kind: LoadMix.Kind = .all
  ) {
    self.bench = bench
    self.users = users
    self.ports = ports
    self.pause = pause
    self.kind = kind
  }

  /// Answers that no client should get.
  package var surprises: [String] { state.withLock(\.surprises) }
  /// The longest time to the answer of a POST that got one, or to its failure, of those that went
  /// to a port and began in a phase. Some may still be under way.
  package func slowestPost(of phase: Int, to port: UInt16) -> Duration {
    state.withLock { $0.slowest[Post(phase: phase, port: port)] ?? .zero }
  }
  /// Begins another phase.
  package func nextPhase() -> Int {
    state.withLock { state in
      state.phase += 1
      return state.phase
    }
  }

  /// Runs the body under load; then each user's last job is waited for, as long as the bench's
  /// patience lasts.
  package func during<Value: Sendable>(
    _ body: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    let settle = bench.patience.settle
    return try await withThrowingTaskGroup(of: Ending<Value>.self) { group in
      for number in 0..<users {
        group.addTask {
          try await self.beUser(number)
          return .user
        }
      }
      group.addTask {
        defer { self.state.withLock { $0.isOver = true } }
        return .body(try await body())
      }
      var (value, active): (Value?, Int) = (nil, users)
      while active > 0 || value == nil, let ending = try await group.next() {
        switch ending {
        case .user: active -= 1
        case .timeUp: active = 0
        case .body(let result):
          value = result
          group.addTask {
            try await Task.sleep(for: settle)
            return .timeUp
          }
        }
      }
      group.cancelAll()
      while await group.nextResult() != nil {}
      guard let value else { throw Unexpected("the load ended before its body") }
      return value
    }
  }

  /// What has ended.
  private enum Ending<Value: Sendable>: Sendable { case user, timeUp, body(Value) }

  private func beUser(_ number: Int) async throws {
    var mix = LoadMix(bench.dice("user \(number)"), of: kind)
    var dice = bench.dice("ports of \(number)")
    do {
      while !state.withLock(\.isOver) {
        let job = try await enqueue(mix.next(), &dice)
        try await follow(job, &dice)
        if pause > .zero { try await Task.sleep(for: pause) }
      }
    } catch is CancellationError {
      return
    } catch let error as HTTPError where error.code == .cancelled {
      return
    }
  }

  /// Asks until it is accepted.
  private func enqueue(_ request: LoadRequest, _ dice: inout SplitMix64) async throws -> JobID {
    while true {
      let client = Client(bench.system, port: dice.pick(ports), http: bench.http)
      let began = ContinuousClock.now
      let post = Post(phase: state.withLock(\.phase), port: client.port)
      do {
        let answer = try await client.send(
          .post, "/api/v1/jobs", body: request.body, headers: ["Idempotency-Key": request.key],
          timeout: .seconds(40))
        took(.now - began, post)
        if answer.status == 202, let id = answer.json["id"]?.text.flatMap({ JobID($0) }) {
          try await bench.ledger.note(accepted: id, key: request.key)
          return id
        }
        if answer.status != 503 { note("POST answered \(answer.status) \(answer.json)") }
      } catch let error as HTTPError where error.code != .cancelled {
        took(.now - began, post)
      }
      try await Task.sleep(for: dice.duration(50...250))
    }
  }

  /// Reads until the job is over.
  private func follow(_ job: JobID, _ dice: inout SplitMix64) async throws {
    while true {
      let client = Client(bench.system, port: dice.pick(ports), http: bench.http)
      do {
        let answer = try await client.send(
          .get, "/api/v1/jobs/\(job)?wait=5", timeout: .seconds(15))
        if let state = answer.finalState {
          return try await bench.ledger.note(result: state, of: job)
        }
        if answer.status != 200, answer.status != 503 {
          note("GET of \(job) answered \(answer.status) \(answer.json)")
        }
        if answer.status == 200 { continue }
      } catch let error as HTTPError where error.code != .cancelled {
        // The gateway or its link is down; the next one may be up.
      }
      try await Task.sleep(for: dice.duration(50...250))
    }
  }

  private func took(_ time: Duration, _ post: Post) {
    state.withLock { state in
      state.slowest[post] = max(state.slowest[post] ?? .zero, time)
      state.answers += 1
    }
  }

  private func note(_ surprise: String) {
    state.withLock { if $0.surprises.count < 100 { $0.surprises.append(surprise) } }
  }
}
