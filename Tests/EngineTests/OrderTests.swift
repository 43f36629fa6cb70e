import Foundation
import JobQueue
import Jobs
import Postgres
import Storage
import Testing

@testable import Engine

/// Who starts when: fair ranks, sessions, delays.
@Suite(.timeLimit(.minutes(1))) struct OrderTests {
  @Test func aBacklogDelaysAnotherUserByOneStep() async throws {
    try await EngineBench.with { bench in
      for _ in 0..<60 { _ = try await bench.acceptedID() }
      let other = try await bench.principal(named: "other")
      // As if much of it had been worked off for a while.
      _ = try await bench.claimer().claim(.main, limit: 10)
      try await bench.sampleFloors()
      let late = try await bench.acceptedID(by: other)
      let next = try await bench.claimer().claim(.main, limit: 2)
      #expect(next.map(\.job).contains(late))
    }
  }

  @Test func whoSendsOneStepAtATimeTakesTurns() async throws {
    try await EngineBench.with { bench in
      for _ in 0..<10 { _ = try await bench.acceptedID() }
      let other = try await bench.principal(named: "other")
      try await bench.sampleFloors()
      let claimer = bench.claimer()
      _ = try await bench.acceptedID(by: other)
      var starts: [UserID] = []
      for _ in 0..<8 {
        let step = try #require(try await claimer.claim(.main, limit: 1).first)
        starts.append(step.user)
        // The next one comes while the one before still runs.
        if step.user == other.user { _ = try await bench.acceptedID(by: other) }
      }
      #expect(starts.count { $0 == other.user } <= 5)
    }
  }

  @Test func whoAlwaysHasSomethingRunningIsNotBehindAWholeBacklogOfANewcomer() async throws {
    try await EngineBench.with { bench in
      // Each step comes while the one before runs, and the lane is never full.
      let claimer = bench.claimer()
      var running: ClaimedStep?
      for _ in 0..<20 {
        _ = try await bench.acceptedID()
        let next = try #require(try await claimer.claim(.main, limit: 1).first)
        if let running { _ = try await bench.finisher.finish(running, .finished(["text": "x"])) }
        running = next
      }
      try await bench.sampleFloors()
      let newcomer = try await bench.principal(named: "newcomer")
      for _ in 0..<10 { _ = try await bench.acceptedID(by: newcomer) }
      try await bench.sampleFloors()
      let mine = try await bench.acceptedID()
      #expect(try await claimer.claim(.main, limit: 3).map(\.job).contains(mine))
      // Once all has ended, nobody is ahead of the clock.
      _ = try await bench.pool.execute("UPDATE steps SET state = 4")
      try await bench.sampleFloors()
      #expect(try await bench.count("lane_floors WHERE rank IS NOT NULL") == 0)
    }
  }

  @Test func aSuspectDoesNotDragNewcomersDown() async throws {
    try await EngineBench.with { bench in
      let suspect = try await bench.acceptedID()
      _ = try await bench.pool.execute(
        "UPDATE steps SET is_suspect = true, rank = rank - 3600000000")
      let job = try await bench.acceptedID()
      try await bench.sampleFloors()
      #expect(
        try await bench.count(
          """
          lane_floors JOIN steps USING (rank)
          WHERE steps.job_id = \(job.uuid) AND steps.job_id <> \(suspect.uuid)
          """) == 1)
    }
  }

  @Test func theAgeOfALaneIsThatOfItsFirstStepAlsoIfTheRankIsTheSame() async throws {
    try await EngineBench.with { bench in
      _ = try await bench.acceptedID()
      _ = try await bench.pool.execute("UPDATE steps SET ready_at = now() - interval '10 min'")
      try await bench.sampleFloors()
      let old = "lane_floors WHERE ready_at < now() - interval '5 min'" as SQL
      #expect(try await bench.count(old) == 1)
      let step = try #require(try await bench.claimer().claim(.main, limit: 1).first)
      _ = try await bench.finisher.finish(step, .released)
      try await bench.sampleFloors()
      #expect(try await bench.count(old) == 0)
    }
  }

  @Test func aTimeThatHasPassedCountsAsNow() async throws {
    try await EngineBench.with { bench in
      var options = JobOptions()
      options.start = .at(Date(timeIntervalSince1970: -62_135_596_800))
      options.queueTimeout = .seconds(60)
      let job = try await bench.acceptedID(options: options)
      _ = try await bench.expireDuty().run()
      #expect(try await bench.job(.replayed(job))?.state == .queued)
      let young = "steps WHERE state = 1 AND ready_at > now() - interval '1 min'" as SQL
      #expect(try await bench.count(young) == 1)
      try await PoolStore(pool: bench.pool).setTargetWait(
        .seconds(60), of: Lane.main.pool, by: bench.principal)
      try await bench.sampleFloors()
      try await bench.gates.refresh()
      #expect(bench.gates.gates.raised.isEmpty)
      // As an earlier build has stored it.
      try await PoolStore(pool: bench.pool).setTargetWait(
        .seconds(1), of: Lane.main.pool, by: bench.principal)
      _ = try await bench.pool.execute("UPDATE lane_floors SET ready_at = '0001-01-01 00:00Z'")
      try await bench.gates.refresh()
      #expect(bench.gates.gates.raised == [.main: 3])
    }
  }

  @Test func aJobThatIsMovedToATimeThatHasPassedHasItsQueueTimeoutFromNowOn() async throws {
    try await EngineBench.with { bench in
      var options = JobOptions()
      options.start = .after(.seconds(3600))
      options.queueTimeout = .seconds(60)
      let job = try await bench.acceptedID(options: options)
      let past = Moment.at(Date(timeIntervalSinceNow: -86_400))
      #expect(
        try await bench.editor().reschedule(job, to: past, input: nil, by: bench.principal)
          == .changed)
      _ = try await bench.expireDuty().run()
      #expect(try await bench.job(.replayed(job))?.state == .queued)
      #expect(
        try await bench.count("jobs WHERE start_by BETWEEN now() AND now() + interval '61 s'")
          == 1)
    }
  }

  @Test func anotherPriorityRingsTheOtherLane() async throws {
    try await EngineBench.with { bench in
      let ready = try await bench.acceptedID()
      let editor = JobEditor(
        pool: bench.pool, content: bench.content, dispatcher: bench.dispatcher,
        metrics: bench.metrics)
      #expect(try await editor.prioritize(ready, .high, by: bench.principal) == .changed)
      #expect(try await bench.count("outbox WHERE priority <> 1") == 0)
      #expect(try await bench.claimer().claim(.main, limit: 1).isEmpty)
      let high = Lane(pool: Lane.main.pool, priority: .high)
      let step = try #require(try await bench.claimer().claim(high, limit: 1).first)
      // What runs follows once it is given back.
      #expect(try await editor.prioritize(ready, .low, by: bench.principal) == .changed)
      _ = try await bench.finisher.finish(step, .released)
      let low = Lane(pool: Lane.main.pool, priority: .low)
      #expect(try await bench.claimer().claim(low, limit: 1).map(\.job) == [ready])
      #expect(try await bench.count("audit_log WHERE action = 'job.priority'") == 2)
    }
  }

  @Test func onlyWhatIsNotDueIsEdited() async throws {
    try await EngineBench.with { bench in
      let editor = JobEditor(
        pool: bench.pool, content: bench.content, dispatcher: bench.dispatcher,
        metrics: bench.metrics)
      let due = try await bench.acceptedID()
      #expect(
        try await editor.reschedule(due, to: .after(.seconds(60)), input: nil, by: bench.principal)
          == .tooLate)
      var options = JobOptions()
      options.start = .after(.seconds(3600))
      let later = try await bench.acceptedID(options: options)
      #expect(
        try await editor.reschedule(later, to: nil, input: "other", by: bench.principal)
          == .changed)
      #expect(try await bench.job(.replayed(later))?.input == "other")
    }
  }

  @Test func nothingIsMovedPastItsDeadline() async throws {
    try await EngineBench.with { bench in
      var options = JobOptions()
      options.start = .after(.seconds(600))
      options.deadline = .after(.seconds(1200))
      let job = try await bench.acceptedID(options: options)
      let before = try await bench.job(.replayed(job))?.terms
      #expect(
        try await bench.editor().reschedule(
          job, to: .after(.seconds(1800)), input: nil, by: bench.principal) == .pastDeadline)
      #expect(try await bench.job(.replayed(job))?.terms == before)
      #expect(
        try await bench.editor().reschedule(
          job, to: .after(.seconds(900)), input: nil, by: bench.principal) == .changed)
    }
  }

  @Test func aStepThatWaitsForItsNextAttemptIsMadeDue() async throws {
    try await EngineBench.with { bench in
      let job = try await bench.acceptedID()
      let step = try #require(try await bench.claimer().claim(.main, limit: 1).first)
      _ = try await bench.finisher.finish(
        step, .failed(StepFailure(.transient, code: "x", message: "x")))
      _ = try await bench.pool.execute("UPDATE steps SET ready_at = now() + interval '1 day'")
      let (editor, due) = (bench.editor(), "steps WHERE state = 0 AND ready_at <= now()" as SQL)
      #expect(
        try await editor.reschedule(job, to: nil, input: "other", by: bench.principal) == .tooLate)
      #expect(
        try await editor.reschedule(
          job, to: .after(.zero), input: nil, by: bench.principal) == .changed)
      #expect(try await bench.count(due) == 1)
      #expect(try await bench.count("audit_log WHERE action = 'job.edit'") == 1)
    }
  }

  @Test func usersTakeTurnsByTheirWeights() async throws {
    try await EngineBench.with { bench in
      let light = try await bench.principal(named: "light")
      let heavy = try await bench.principal(named: "heavy", weight: 3)
      for _ in 0..<40 { _ = try await bench.acceptedID(by: light) }
      for _ in 0..<40 { _ = try await bench.acceptedID(by: heavy) }
      let first = try await bench.claimer().claim(.main, limit: 20)
      let heavies = first.count { $0.user == heavy.user }
      #expect((14...16).contains(heavies))
    }
  }

  @Test func jobsOfOneUserKeepTheirOrder() async throws {
    try await EngineBench.with { bench in
      var accepted: [JobID] = []
      for _ in 0..<12 { accepted.append(try await bench.acceptedID()) }
      let claimed = try await bench.claimer().claim(.main, limit: 12)
      #expect(claimed.map(\.job) == accepted)
    }
  }

  @Test func jobsOfASessionRunOneAfterTheOther() async throws {
    try await EngineBench.with { bench in
      var options = JobOptions()
      options.session = SessionName("talk")
      var accepted: [JobID] = []
      for _ in 0..<4 { accepted.append(try await bench.acceptedID(options: options)) }
      #expect(try await bench.count("steps WHERE state = 2 AND held_by = 'session'") == 3)
      let claimer = bench.claimer()
      for expected in accepted {
        let steps = try await claimer.claim(.main, limit: 5)
        #expect(steps.map(\.job) == [expected])
        for step in steps { _ = try await bench.finisher.finish(step, .finished(["text": "x"])) }
      }
      #expect(try await bench.count("sessions WHERE live = 0 AND last_position = 4") == 1)
      #expect(try await bench.count("session_jobs") == 0)
    }
  }

  @Test func racingJobsOfASessionLeaveExactlyOneReady() async throws {
    try await EngineBench.with { bench in
      var options = JobOptions()
      options.session = SessionName("race")
      try await withThrowingTaskGroup(of: Void.self) { [options] group in
        for _ in 0..<40 { group.addTask { _ = try await bench.acceptedID(options: options) } }
        try await group.waitForAll()
      }
      #expect(try await bench.count("steps WHERE state = 1") == 1)
      #expect(try await bench.count("steps WHERE state = 2") == 39)
    }
  }

  @Test func aCancelledJobOfASessionMakesWayAndAHeldOneDoesNot() async throws {
    try await EngineBench.with { bench in
      var options = JobOptions()
      options.session = SessionName("talk")
      let first = try await bench.acceptedID(options: options)
      let second = try await bench.acceptedID(options: options)
      let third = try await bench.acceptedID(options: options)
      _ = try await bench.canceller.cancel(second, by: bench.principal)
      #expect(try await bench.count("steps WHERE state = 1") == 1)
      _ = try await bench.canceller.cancel(first, by: bench.principal)
      let steps = try await bench.claimer().claim(.main, limit: 5)
      #expect(steps.map(\.job) == [third])
    }
  }

  @Test func aDelayedJobIsReadyOnceItIsDue() async throws {
    try await EngineBench.with { bench in
      var options = JobOptions()
      options.start = .after(.seconds(3600))
      let id = try await bench.acceptedID(options: options)
      #expect(try await bench.job(.replayed(id))?.state == .scheduled)
      #expect(try await bench.claimer().claim(.main, limit: 1).isEmpty)
      #expect(try await bench.count("outbox WHERE true") == 0)
      _ = try await bench.pool.pipeline([
        "UPDATE steps SET ready_at = now()", "UPDATE jobs SET run_at = now()",
      ])
      let duty = ReadyDuty(
        pool: bench.pool, dispatcher: bench.dispatcher, metrics: bench.metrics)
      _ = try await duty.run()
      #expect(try await bench.job(.replayed(id))?.state == .queued)
      #expect(try await bench.claimer().claim(.main, limit: 1).map(\.job) == [id])
    }
  }

  @Test func aUniqueKeyStandsForOneLiveJob() async throws {
    try await EngineBench.with { bench in
      var options = JobOptions()
      options.uniqueness = Uniqueness(key: "report 7")
      let first = try await bench.acceptedID(options: options)
      let again = try await bench.accept(input: "other", options: options)
      #expect(again == .duplicate(first))
      let other = try await bench.principal(named: "other")
      let theirs = try await bench.acceptedID(options: options, by: other)
      #expect(theirs != first)
      for step in try await bench.claimer().claim(.main, limit: 2) {
        _ = try await bench.finisher.finish(step, .finished(["text": "x"]))
      }
      #expect(try await bench.acceptedID(options: options) != first)
    }
  }

  @Test func aHundredRacingRequestsWithOneUniqueKeyMakeOneJob() async throws {
    try await EngineBench.with { bench in
      var options = JobOptions()
      options.uniqueness = Uniqueness(key: "k", scope: .target, period: .seconds(60))
      let answers = try await withThrowingTaskGroup(of: Acceptance.self) { [options] group in
        for index in 0..<100 {
          group.addTask { try await bench.accept(input: .integer(Int64(index)), options: options) }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      let stored = answers.filter { if case .stored = $0 { true } else { false } }
      #expect(stored.count == 1)
      #expect(try await bench.count("jobs") == 1)
    }
  }

  @Test func aJobThatIsNotOverByItsDeadlineExpires() async throws {
    try await EngineBench.with { bench in
      var options = JobOptions()
      options.deadline = .after(.seconds(60))
      let waiting = try await bench.acceptedID(options: options)
      let running = try await bench.acceptedID(options: options)
      let steps = try await bench.claimer().claim(.main, limit: 1)
      #expect(steps.map(\.job) == [waiting])
      _ = try await bench.pool.execute("UPDATE jobs SET deadline_at = now(), expires_at = now()")
      let duty = bench.expireDuty()
      _ = try await duty.run()
      #expect(try await bench.job(.replayed(running))?.state == .expired)
      #expect(try await bench.job(.replayed(waiting))?.state == .running)
      _ = try await bench.finisher.finish(steps[0], .cancelled(partial: "half"))
      let job = try #require(try await bench.job(.replayed(waiting)))
      #expect(job.state == .expired && job.error?.code == "deadline_passed")
    }
  }

  @Test func aQueueTimeoutCountsOnlyForWhatHasNotStarted() async throws {
    try await EngineBench.with { bench in
      var options = JobOptions()
      options.queueTimeout = .seconds(60)
      let started = try await bench.acceptedID(options: options)
      let late = try await bench.acceptedID(options: options)
      _ = try await bench.claimer().claim(.main, limit: 1)
      _ = try await bench.pool.execute("UPDATE jobs SET start_by = now(), expires_at = now()")
      _ = try await bench.expireDuty().run()
      #expect(try await bench.job(.replayed(started))?.state == .running)
      let job = try #require(try await bench.job(.replayed(late)))
      #expect(job.state == .expired && job.error?.code == "queue_timeout")
      #expect(try await bench.count("jobs WHERE expires_at IS NOT NULL") == 0)
    }
  }
}

extension EngineBench {
  func sampleFloors() async throws {
    let duty = FloorDuty(pool: pool, lanes: topology.allLanes)
    _ = try await duty.run()
  }

  func expireDuty() -> ExpireDuty {
    ExpireDuty(
      stopper: JobStopper(
        pool: pool, content: content, dispatcher: dispatcher, metrics: metrics),
      families: families)
  }
}
