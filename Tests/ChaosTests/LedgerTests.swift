import Chaos
import Jobs
import Testing

@Suite struct LedgerTests {
  private let jobs = (0..<4).map { _ in JobID() }

  @Test func whatWasPromisedAndEndedOnceIsFine() {
    let found = compare(
      [(0, "a"), (1, "b")], results: [0: "succeeded"],
      stored: [(0, .succeeded, "a", 1), (1, .failed, "b", 1)])
    #expect(found.faults.isEmpty && found.succeeded == 1 && found.accepted == 2)
  }

  @Test func aJobThatIsNotThereIsLost() {
    let found = compare([(0, "a"), (1, "b")], stored: [(0, .succeeded, "a", 1)])
    #expect(found.lost == [jobs[1]] && found.faults.count == 1)
  }

  @Test func aJobThatGoesOnIsUnfinished() {
    #expect(compare([(0, "a")], stored: [(0, .waiting, "a", 0)]).unfinished == [jobs[0]])
  }

  @Test func aJobEndsOnceAndAsItsClientRead() {
    let found = compare(
      [(0, "a"), (1, "b"), (2, "c")], results: [2: "failed"],
      stored: [(0, .succeeded, "a", 2), (1, .succeeded, "b", 0), (2, .succeeded, "c", 1)])
    #expect(Set(found.oddEnds) == Set(jobs[0...2]))
  }

  @Test func oneKeyWithTwoJobsIsDoubled() {
    let answered = compare([(0, "a"), (1, "a")], stored: [(0, .succeeded, "a", 1)])
    #expect(answered.doubled == ["a"])
    let unknown = compare([], stored: [(0, .succeeded, "x", 1)])
    #expect(unknown.doubled == ["x"])
  }

  @Test func aStepThatRanAgainAfterItsFinishIsFound() {
    let ledger = ExecutionLedger(
      text: """
        started j s c1
        returned j s c1
        committed j s c1
        started j s c2
        """)
    #expect(ledger.ranAgainAfterFinish == ["s"] && ledger.repeats == 1 && ledger.started == 2)
  }

  @Test func aRetryOfWhatFailedIsNoRepeat() {
    let retried = "started j s a\ncommitted j s a\nstarted j s b\n"
    #expect(ExecutionLedger(text: retried).repeats == 0)
    let taken = retried + "started j s c\nreturned j s c\ncommitted j s c\n"
    #expect(ExecutionLedger(text: taken).repeats == 1)
  }

  @Test func aStartBehindAJobsEndIsFound() {
    let text = "started a s c\nstarted b t c\nreturned a s c\nstarted a u c\n"
    #expect(ExecutionLedger.starts(in: text, behind: ["a": 14, "b": 28]) == ["a"])
    #expect(ExecutionLedger.starts(in: text, behind: ["a": 57, "b": 14]) == ["b"])
  }

  @Test func anEffectThatActedTwiceOrIsToldWronglyIsFound() {
    func step(_ end: JobState, _ state: StepState, _ effect: EffectState?) -> EffectStep {
      EffectStep(step: StepID(), job: jobs[0], end: end, state: state, effect: effect)
    }
    #expect(step(.succeeded, .done, .done).fault(acts: 1) == nil)
    #expect(step(.failed, .dead, .unknown).fault(acts: 1) == nil)
    #expect(step(.failed, .dead, .unknown).fault(acts: 0) == nil)
    #expect(step(.succeeded, .done, .done).fault(acts: 2) != nil)
    #expect(step(.succeeded, .done, .done).fault(acts: 0) != nil)
    #expect(step(.succeeded, .done, .unknown).fault(acts: 1) != nil)
    #expect(step(.failed, .dead, nil).fault(acts: 1) != nil)
    #expect(step(.failed, .dead, .started).fault(acts: 1) != nil)
  }

  @Test func twoFinishesUnderTwoClaimsAreFound() {
    let lines = ["started", "returned", "committed"].map { "\($0) j s c1\n\($0) j s c2\n" }
    #expect(ExecutionLedger(text: lines.joined()).committedTwice == ["s"])
  }

  @Test func aFailedAttemptMayBeMadeAgain() {
    let ledger = ExecutionLedger(
      text: """
        started j s c1
        committed j s c1
        started j s c2
        returned j s c2
        committed j s c2
        """)
    #expect(ledger.ranAgainAfterFinish.isEmpty && ledger.committedTwice.isEmpty)
  }

  @Test func aFailedAttemptIsNotTakenForItsNeighbourUnderTheSameClaim() {
    let ledger = ExecutionLedger(
      text: """
        returned j good c1
        committed j good c1
        started j bad c1
        committed j bad c1
        started j bad c2
        """)
    #expect(ledger.ranAgainAfterFinish.isEmpty)
  }

  private func compare(
    _ accepted: [(Int, String)], results: [Int: String] = [:],
    stored: [(Int, JobState, String, Int)]
  ) -> LedgerComparison {
    LedgerComparison(
      accepted: accepted.map { ClientLedger.Acceptance(job: jobs[$0.0], key: $0.1) },
      results: Dictionary(uniqueKeysWithValues: results.map { (jobs[$0.key], $0.value) }),
      stored: stored.map { StoredJob(id: jobs[$0.0], state: $0.1, key: $0.2, ends: $0.3) })
  }
}
