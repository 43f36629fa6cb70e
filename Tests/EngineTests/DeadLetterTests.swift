import Foundation
import Jobs
import Postgres
import Storage
import Testing

@testable import Engine

/// The dead-letter workbench.
@Suite(.timeLimit(.minutes(1))) struct DeadLetterTests {
  @Test func deadStepsAreGroupedByHowTheyFailed() async throws {
    try await EngineBench.with { bench in
      for code in ["a", "a", "b"] { _ = try await bench.dead(code) }
      let letters = bench.deadLetters()
      let groups = try await letters.groups(bench.deadFilter())
      #expect(groups.map(\.count) == [2, 1])
      #expect(groups[0].fingerprint == "agent:main bad_input/a")
      var filter = bench.deadFilter()
      filter.fingerprint = groups[0].fingerprint
      let steps = try await letters.list(filter)
      #expect(steps.count == 2 && steps.allSatisfy { $0.error?.message == "no" })
    }
  }

  @Test func aRedrivenJobTakesOverWhatWasFinished() async throws {
    try await EngineBench.with { bench in
      let old = try await bench.acceptedID()
      let claimer = bench.claimer()
      let first = try #require(try await claimer.claim(.main, limit: 1).first)
      let call = ModelCall(id: "1", skill: "files.read", arguments: ["path": "x"])
      _ = try await bench.finisher.finish(
        first, .asked(AgentRequest(text: "hm", calls: [RequestedCall(call)], model: "m")))
      let read = try #require(try await claimer.claim(.files, limit: 1).first)
      _ = try await bench.finisher.finish(read, .finished(["content": "text"]))
      let second = try #require(try await claimer.claim(.main, limit: 1).first)
      _ = try await bench.finisher.finish(
        second, .failed(StepFailure(.auth, code: "key", message: "no")))
      let redrive = try await bench.deadLetters().redrive(bench.deadFilter(), by: bench.principal)
      let new = try #require(redrive.redriven.first)
      #expect(new.job == old && redrive.matched == 1)
      let again = try #require(try await claimer.claim(.main, limit: 1).first)
      #expect(again.job == new.newJob && again.index == 2)
      let history = try again.content.get().history
      #expect(history.map(\.text) == ["hm"])
      #expect(history.first?.results["1"] == .success(["content": "text"]))
      _ = try await bench.finisher.finish(again, .finished(["text": "done"]))
      #expect(try await bench.job(.replayed(try #require(new.newJob)))?.state == .succeeded)
      #expect(try await bench.count("steps WHERE runs > 1") == 0)
    }
  }

  @Test func aDeadCallIsTriedAnewWithTheOtherResultsOfItsTurn() async throws {
    try await EngineBench.with { bench in
      _ = try await bench.acceptedID()
      let claimer = bench.claimer()
      let first = try #require(try await claimer.claim(.main, limit: 1).first)
      let calls = ["1", "2"].map {
        RequestedCall(ModelCall(id: $0, skill: "files.read", arguments: ["path": .string($0)]))
      }
      _ = try await bench.finisher.finish(
        first, .asked(AgentRequest(text: "", calls: calls, model: "m")))
      let reads = try await claimer.claim(.files, limit: 2)
      _ = try await bench.finisher.finish(reads[0], .finished("one"))
      _ = try await bench.finisher.finish(
        reads[1], .failed(StepFailure(.badInput, code: "x", message: "no")))
      let next = try #require(try await claimer.claim(.main, limit: 1).first)
      _ = try await bench.finisher.finish(next, .finished(["text": "half"]))
      let redrive = try await bench.deadLetters().redrive(
        bench.deadFilter("skill.files"), by: bench.principal)
      #expect(redrive.redriven.count == 1)
      let again = try #require(try await claimer.claim(.files, limit: 2).first)
      #expect(try again.content.get().input == ["path": "2"])
      _ = try await bench.finisher.finish(again, .finished("two"))
      let turn = try #require(try await claimer.claim(.main, limit: 1).first)
      let results = try turn.content.get().history.first?.results
      #expect(results == ["1": .success("one"), "2": .success("two")])
    }
  }

  @Test func whatMayRepeatAnEffectIsLeftAloneUnlessItIsNamed() async throws {
    try await EngineBench.with { bench in
      let job = try await bench.dead("a")
      try await bench.noteEffect(of: job)
      let letters = bench.deadLetters()
      let all = try await letters.redrive(bench.deadFilter(), by: bench.principal)
      #expect(all.redriven.isEmpty && all.skipped.count == 1)
      var named = bench.deadFilter()
      named.steps = all.skipped.map(\.step)
      let one = try await letters.redrive(named, by: bench.principal)
      #expect(one.redriven.count == 1)
    }
  }

  @Test func aJobThatIsNotOverIsLeftAlone() async throws {
    try await EngineBench.with { bench in
      _ = try await bench.acceptedID()
      let claimer = bench.claimer()
      let first = try #require(try await claimer.claim(.main, limit: 1).first)
      let call = ModelCall(id: "1", skill: "files.read", arguments: ["path": "x"])
      _ = try await bench.finisher.finish(
        first, .asked(AgentRequest(text: "", calls: [RequestedCall(call)], model: "m")))
      let read = try #require(try await claimer.claim(.files, limit: 1).first)
      _ = try await bench.finisher.finish(
        read, .failed(StepFailure(.badInput, code: "x", message: "no")))
      let redrive = try await bench.deadLetters().redrive(
        bench.deadFilter("skill.files"), by: bench.principal)
      #expect(redrive.redriven.isEmpty && redrive.skipped.count == 1)
    }
  }

  @Test func aStepIsRedrivenOnceHoweverManyAskForIt() async throws {
    try await EngineBench.with { bench in
      _ = try await bench.dead("a")
      let made = try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<8 {
          group.addTask {
            try await bench.deadLetters().redrive(bench.deadFilter(), by: bench.principal)
              .redriven.count
          }
        }
        return try await group.reduce(0, +)
      }
      #expect(made == 1)
      #expect(try await bench.deadLetters().list(bench.deadFilter()).isEmpty)
    }
  }

  @Test func aDryRunAndADropDoWhatTheySay() async throws {
    try await EngineBench.with { bench in
      for _ in 0..<3 { _ = try await bench.dead("a") }
      let letters = bench.deadLetters()
      let dry = try await letters.redrive(bench.deadFilter(), isDry: true, by: bench.principal)
      #expect(dry.matched == 3 && dry.redriven.count == 3)
      #expect(try await bench.count("jobs") == 3)
      var two = bench.deadFilter()
      two.limit = 2
      let dropped = try await letters.drop(two, isDry: false, by: bench.principal)
      #expect(dropped == (2, 2))
      #expect(try await letters.list(bench.deadFilter()).count == 1)
      #expect(try await bench.count("audit_log WHERE action = 'dead.drop'") == 2)
    }
  }

  @Test func aCanaryThatFailsStopsTheRest() async throws {
    try await EngineBench.with { bench in
      for _ in 0..<4 { _ = try await bench.dead("a") }
      let letters = bench.deadLetters { _, _, _ in nil }
      let redrive = try await letters.redrive(
        bench.deadFilter(), isCanary: true, by: bench.principal)
      #expect(redrive.redriven.count == 1 && redrive.stopped != nil)
      #expect(try await letters.list(bench.deadFilter()).count == 3)
    }
  }

  @Test func whoRedrivesInWavesHearsOfTheirEndsAlsoOfOthersJobs() async throws {
    try await EngineBench.with { bench in
      _ = try await bench.dead("a")
      let letters = bench.deadLetters {
        try await bench.watcher.waitForEnd(of: $0, user: $1, timeout: $2)
      }
      let redrive = try await letters.redrive(bench.deadFilter(), by: bench.principal)
      let job = try #require(redrive.redriven.first?.newJob)
      let other = try await bench.acceptedID()
      let asked = [job, other, JobID()]
      let now = try await letters.redriven(asked, of: nil, within: .zero)
      // Not those that no redrive has made.
      #expect(now.map(\.id) == [job] && now[0].state == .queued)
      #expect(try await letters.redriven(asked, of: UserID(), within: .zero).isEmpty)
      let step = try #require(
        try await bench.claimer().claim(.main, limit: 2).first { $0.job == job })
      async let ended = letters.redriven(asked, of: nil, within: .seconds(30))
      _ = try await bench.finisher.finish(step, .finished(["text": "x"]))
      #expect(try await ended.map(\.state) == [.succeeded])
    }
  }

  @Test func aCanaryGoesByWhatIsRedrivenNotByWhatIsSkipped() async throws {
    try await EngineBench.with { bench in
      for _ in 0..<3 { _ = try await bench.dead("a") }
      _ = try await bench.pool.execute(
        """
        UPDATE jobs SET input = sha512('') WHERE id = (SELECT id FROM jobs ORDER BY id LIMIT 1)
        """)
      let letters = bench.deadLetters { _, _, _ in nil }
      let redrive = try await letters.redrive(
        bench.deadFilter(), isCanary: true, by: bench.principal)
      #expect(redrive.skipped.count == 1 && redrive.redriven.count == 1)
      #expect(redrive.stopped != nil)
    }
  }

  @Test func aCanaryThatIsInterruptedStops() async throws {
    try await EngineBench.with { bench in
      for _ in 0..<3 { _ = try await bench.dead("a") }
      let (waits, heard) = AsyncStream<Void>.makeStream()
      let letters = bench.deadLetters { _, _, _ in
        heard.yield()
        // Ends with its task, as the watcher's waits do.
        let (never, silent) = AsyncStream<Void>.makeStream()
        for await _ in never {}
        withExtendedLifetime(silent) {}
        return nil
      }
      let canary = Task {
        try await letters.redrive(bench.deadFilter(), isCanary: true, by: bench.principal)
      }
      for await _ in waits { break }
      canary.cancel()
      let redrive = try await canary.value
      #expect(redrive.redriven.count == 1)
      #expect(redrive.stopped?.hasPrefix("interrupted") == true)
      #expect(try await letters.list(bench.deadFilter()).count == 2)
    }
  }

  @Test func oneThatCannotBeReadIsListedAndDropped() async throws {
    try await EngineBench.with { bench in
      _ = try await bench.dead("a")
      _ = try await bench.pool.execute("UPDATE steps SET error = sha512('')")
      let letters = bench.deadLetters()
      let steps = try await letters.list(bench.deadFilter())
      #expect(steps.map(\.errorCode) == ["a"] && steps[0].error == nil)
      #expect(
        try await letters.drop(bench.deadFilter(), isDry: false, by: bench.principal) == (1, 1))
    }
  }

  @Test func allDeadCallsOfATurnAreTriedAnew() async throws {
    try await EngineBench.with { bench in
      _ = try await bench.acceptedID()
      let claimer = bench.claimer()
      let first = try #require(try await claimer.claim(.main, limit: 1).first)
      let calls = ["1", "2", "3"].map {
        RequestedCall(ModelCall(id: $0, skill: "files.read", arguments: ["path": .string($0)]))
      }
      _ = try await bench.finisher.finish(
        first, .asked(AgentRequest(text: "", calls: calls, model: "m")))
      let reads = try await claimer.claim(.files, limit: 3)
      _ = try await bench.finisher.finish(reads[0], .finished("one"))
      for read in reads.dropFirst() {
        _ = try await bench.finisher.finish(
          read, .failed(StepFailure(.badInput, code: "x", message: "no")))
      }
      let next = try #require(try await claimer.claim(.main, limit: 1).first)
      _ = try await bench.finisher.finish(next, .finished(["text": "half"]))
      let redrive = try await bench.deadLetters().redrive(
        bench.deadFilter("skill.files"), by: bench.principal)
      #expect(redrive.redriven.count == 1 && redrive.skipped.count == 1)
      let again = try await claimer.claim(.files, limit: 3)
      #expect(again.count == 2)
      #expect(try await claimer.claim(.main, limit: 1).isEmpty)
      for step in again {
        let input = try step.content.get().input
        _ = try await bench.finisher.finish(step, .finished(input["path"] ?? .null))
      }
      let turn = try #require(try await claimer.claim(.main, limit: 1).first)
      let results = try turn.content.get().history.first?.results
      #expect(results == ["1": .success("one"), "2": .success("2"), "3": .success("3")])
      _ = try await bench.finisher.finish(turn, .finished(["text": "all"]))
      let new = try #require(redrive.redriven.first?.newJob)
      #expect(try await bench.job(.replayed(new))?.state == .succeeded)
    }
  }

  @Test func whatItsOwnerHasRetriedIsNotRedriven() async throws {
    try await EngineBench.with { bench in
      let old = try await bench.dead("a")
      let request = JobRequest(target: .agent("main"), input: "hello", priority: .normal)
      _ = try await bench.acceptor.accept(
        request, by: bench.principal, requestHash: [], retryOf: old)
      #expect(try await bench.deadLetters().list(bench.deadFilter()).isEmpty)
      let redrive = try await bench.deadLetters().redrive(bench.deadFilter(), by: bench.principal)
      #expect(redrive == Redrive())
    }
  }

  @Test func whatCannotBeRedrivenIsNotInTheWayOfTheRest() async throws {
    try await EngineBench.with { bench in
      let old = try await bench.dead("a")
      let new = try await bench.dead("a")
      try await bench.noteEffect(of: new)
      let letters = bench.deadLetters()
      var one = bench.deadFilter()
      one.limit = 1
      let dry = try await letters.redrive(bench.deadFilter(), isDry: true, by: bench.principal)
      #expect(dry.redriven.map(\.job) == [old] && dry.redriven.first?.newJob == nil)
      #expect(dry.skipped.count == 1 && dry.matched == 2)
      #expect(
        try await letters.redrive(one, by: bench.principal).redriven.map(\.job) == [old])
      #expect(try await letters.redrive(one, by: bench.principal).skipped.count == 1)
    }
  }

  @Test func usersSeeTheirOwnAlone() async throws {
    try await EngineBench.with { bench in
      _ = try await bench.dead("a")
      var filter = bench.deadFilter()
      filter.user = UserID()
      #expect(try await bench.deadLetters().list(filter).isEmpty)
      filter.user = bench.principal.user
      #expect(try await bench.deadLetters().list(filter).count == 1)
    }
  }
}

extension EngineBench {
  func deadLetters(
    ends: @escaping @Sendable (JobID, UserID, Duration) async throws -> JobRecord? = { _, _, _ in
      nil
    }
  ) -> DeadLetters {
    DeadLetters(
      pool: pool, content: content, dispatcher: dispatcher, metrics: metrics, ends: ends)
  }

  func deadFilter(_ pool: String = "agent.main") -> DeadFilter {
    DeadFilter(pool: Pool(pool) ?? Lane.main.pool, user: nil)
  }

  /// A job whose turn is dead.
  func dead(_ code: String) async throws -> JobID {
    let id = try await acceptedID()
    let step = try #require(try await claimer().claim(.main, limit: 1).first)
    _ = try await finisher.finish(
      step, .failed(StepFailure(.badInput, code: code, message: "no")))
    return id
  }
}
