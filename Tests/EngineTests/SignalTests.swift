import Foundation
import Jobs
import Observability
import Postgres
import Storage
import Testing

@testable import Engine

/// Signals: steps that wait for something to be told to their job.
@Suite(.timeLimit(.minutes(1))) struct SignalTests {
  @Test func whatASignalBringsIsTheResultOfTheCallThatWaited() async throws {
    try await EngineBench.with { bench in
      let job = try await bench.waiting()
      #expect(try await bench.job(.replayed(job))?.state == .waiting)
      #expect(try await bench.signals.status(of: job, user: bench.user)?.waits.count == 1)
      #expect(try await bench.send("approved", to: job, ["by": "ada"]) == .taken)
      let next = try await bench.nextTurn()
      #expect(next.job == job)
      let result = try next.content.get().history.first?.results["1"]?.get()
      #expect(result == ["by": "ada"])
      #expect(try await bench.leftovers() == 0)
    }
  }

  @Test func aSignalThatComesFirstIsKeptForTheNextThatWaits() async throws {
    try await EngineBench.with { bench in
      let job = try await bench.acceptedID()
      #expect(try await bench.send("approved", to: job, 1) == .kept)
      #expect(try await bench.send("approved", to: job, 2) == .kept)
      #expect(try await bench.send("other", to: job, 3) == .kept)
      try await bench.ask(for: ["approved"])
      _ = try await bench.signalDuty.run()
      let next = try await bench.nextTurn()
      #expect(try next.content.get().history.first?.results["1"]?.get() == 1)
      let kept = try await bench.signals.status(of: job, user: bench.user)?.kept
      #expect(kept?.map(\.signal.description) == ["approved", "other"])
    }
  }

  @Test func eachOfSeveralWaitsGetsASignalOfItsName() async throws {
    try await EngineBench.with { bench in
      let job = try await bench.acceptedID()
      try await bench.ask(for: ["a", "a", "b"])
      #expect(try await bench.send("a", to: job, 1) == .taken)
      #expect(try await bench.send("b", to: job, 2) == .taken)
      #expect(try await bench.claimer().claim(.main, limit: 1).isEmpty)
      #expect(try await bench.send("a", to: job, 3) == .taken)
      let results = try await bench.nextTurn().content.get().history.first?.results
      #expect(try results?.mapValues { try $0.get() } == ["1": 1, "2": 3, "3": 2])
    }
  }

  @Test func aCallGivesUpAfterItsTimeAndTheModelReadsIt() async throws {
    try await EngineBench.with { bench in
      let job = try await bench.waiting()
      _ = try await bench.pool.execute("UPDATE signal_waits SET expires_at = now()")
      _ = try await bench.signalDuty.run()
      let next = try await bench.nextTurn()
      guard case .failure(let failure) = try next.content.get().history.first?.results["1"] else {
        Issue.record("no failure")
        return
      }
      #expect(failure.code == "signal_timeout")
      #expect(try await bench.send("approved", to: job, 1) == .kept)
      // It is an answer, not a dead letter.
      #expect(bench.metrics.snapshot().sum(.jobsDeadLettered) == nil)
    }
  }

  @Test func aJobMayWaitForASignalBeforeItStarts() async throws {
    try await EngineBench.with { bench in
      let job = try await bench.startsWith("go")
      #expect(try await bench.claimer().claim(.main, limit: 1).isEmpty)
      let waiting = try await WaitReader(pool: bench.pool).waiting(of: job, user: bench.user)
      let reason = try StepWait(#require(waiting.first), of: job, error: nil).reason
      #expect(reason.cause == .signal && reason.until != nil)
      #expect(try await bench.send("go", to: job, .null) == .taken)
      #expect(try await bench.nextTurn().job == job)
      #expect(try await bench.leftovers() == 0)
    }
  }

  @Test func aJobWhoseFirstSignalDoesNotComeExpires() async throws {
    try await EngineBench.with { bench in
      let job = try await bench.startsWith("go")
      _ = try await bench.pool.execute("UPDATE signal_waits SET expires_at = now()")
      _ = try await bench.signalDuty.run()
      let record = try await bench.ended(job)
      #expect(record.state == .expired && record.error?.code == "signal_timeout")
      #expect(try await bench.leftovers() == 0)
    }
  }

  @Test func waitsOfJobsThatAreOverDoNotKeepOthersFromRunningOut() async throws {
    try await EngineBench.with { bench in
      let job = try await bench.startsWith("go")
      _ = try await bench.pool.execute("UPDATE signal_waits SET expires_at = now()")
      _ = try await bench.pool.execute(
        """
        INSERT INTO signal_waits (step_id, job_id, name, starts_job, expires_at)
        SELECT gen_random_uuid(), gen_random_uuid(), 'go', true, now() - interval '1 hour'
        FROM generate_series(1, 300)
        """)
      #expect(try await bench.signalDuty.run() == false)
      #expect(try await bench.ended(job).state == .expired)
    }
  }

  @Test func aJobWhoseSignalCannotBeReadDoesNotKeepOthersWaiting() async throws {
    try await EngineBench.with { bench in
      var jobs: [JobID] = []
      for _ in 0..<3 {
        let job = try await bench.acceptedID()
        try await bench.ask(for: ["go"])
        jobs.append(job)
      }
      _ = try await bench.pool.execute(
        """
        INSERT INTO signals (id, job_id, name, content)
        SELECT gen_random_uuid(), id, 'go', input FROM jobs WHERE id <> \(jobs[1].uuid)
        """)
      _ = try await bench.pool.execute("UPDATE signal_waits SET expires_at = now()")
      await #expect(throws: (any Error).self) { try await bench.signalDuty.run() }
      #expect(try await bench.nextTurn().job == jobs[1])
    }
  }

  @Test func aJobThatIsDoneAgainWaitsForItsSignalAgain() async throws {
    try await EngineBench.with { bench in
      let job = try await bench.startsWith("go")
      _ = try await bench.canceller.cancel(job, by: bench.principal)
      let again = try #require(try await bench.job(.replayed(job))).again(at: Date())
      #expect(again.options.signal?.timeout == .seconds(60))
      let retried = try await bench.acceptedID(options: again.options)
      #expect(try await bench.claimer().claim(.main, limit: 1).isEmpty)
      #expect(try await bench.send("go", to: retried, .null) == .taken)
      #expect(try await bench.nextTurn().job == retried)
      #expect(
        try await bench.job(.replayed(retried))?.again(at: Date()).options.signal
          == again.options.signal)
    }
  }

  @Test func jobsThatAreOverTakeNoSignalsAndLeaveNone() async throws {
    try await EngineBench.with { bench in
      let job = try await bench.waiting()
      #expect(try await bench.send("early", to: job, 1) == .kept)
      _ = try await bench.canceller.cancel(job, by: bench.principal)
      #expect(try await bench.send("approved", to: job, 1) == .over(.cancelled))
      try await bench.sweep()
      #expect(try await bench.leftovers() == 0)
    }
  }

  @Test func onlyTheOwnerSendsSignalsAndNotMoreThanAJobKeeps() async throws {
    try await EngineBench.with { bench in
      let job = try await bench.acceptedID()
      let other = try await bench.principal(named: "other")
      let name = try #require(SignalName("x"))
      #expect(try await bench.signals.send(name, to: job, payload: 1, by: other) == nil)
      #expect(try await bench.signals.status(of: job, user: other.user) == nil)
      for _ in 0..<SignalStatements.maximumKept {
        #expect(try await bench.send("x", to: job, 1) == .kept)
      }
      #expect(try await bench.send("x", to: job, 1) == .tooMany)
    }
  }

  @Test func whatAStepWaitsForIsTakenHoweverMuchElseIsKept() async throws {
    try await EngineBench.with { bench in
      let job = try await bench.waiting()
      for _ in 0..<SignalStatements.maximumKept {
        #expect(try await bench.send("x", to: job, 1) == .kept)
      }
      #expect(try await bench.send("x", to: job, 1) == .tooMany)
      #expect(try await bench.send("approved", to: job, 1) == .taken)
      #expect(try await bench.send("approved", to: job, 1) == .tooMany)
    }
  }

  @Test func manyWhoSendAtOnceWakeEachWaitOnce() async throws {
    try await EngineBench.with { bench in
      let job = try await bench.acceptedID()
      try await bench.ask(for: Array(repeating: "go", count: 10))
      let answers = try await withThrowingTaskGroup(of: SignalKeeper.Answer?.self) { group in
        for number in 0..<20 {
          group.addTask { try await bench.send("go", to: job, .integer(Int64(number))) }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(answers.count { $0 == .taken } == 10 && answers.count { $0 == .kept } == 10)
      let results = try await bench.nextTurn().content.get().history.first?.results
      #expect(try Set(results?.values.map { try $0.get().int } ?? []).count == 10)
    }
  }
}

extension EngineBench {
  fileprivate var user: UserID { principal.user }

  fileprivate var signalDuty: SignalDuty { SignalDuty(pool: pool, signals: signals) }

  fileprivate func send(
    _ name: String, to job: JobID, _ payload: JSONValue
  ) async throws -> SignalKeeper.Answer? {
    let name = try #require(SignalName(name))
    return try await signals.send(name, to: job, payload: payload, by: principal)
  }

  /// A job that waits for a signal before it starts.
  fileprivate func startsWith(_ signal: String) async throws -> JobID {
    var options = JobOptions()
    options.signal = SignalWait(
      signal: try #require(SignalName(signal)), timeout: .seconds(60))
    return try await acceptedID(options: options)
  }

  /// A job whose turn waits for the signal `approved`.
  fileprivate func waiting() async throws -> JobID {
    let job = try await acceptedID()
    try await ask(for: ["approved"])
    return job
  }

  /// Ends the job's turn with calls that wait, whose ids are 1, 2 …
  fileprivate func ask(for names: [String]) async throws {
    let step = try #require(try await claimer().claim(.main, limit: 1).first)
    let calls = names.enumerated().map { index, name in
      RequestedCall(
        ModelCall(
          id: "\(index + 1)", skill: SignalWait.skillName, arguments: ["name": .string(name)]))
    }
    _ = try await finisher.finish(
      step, .asked(AgentRequest(text: "", calls: calls, model: "m")))
  }

  /// What a gateway does once a minute.
  fileprivate func sweep() async throws {
    _ = try await RetainDuty(pool: pool, policy: RetentionPolicy(), metrics: metrics).run()
  }

  fileprivate func leftovers() async throws -> Int64 {
    try await count("signal_waits") + count("signals")
  }
}
