import Foundation
import Jobs
import Storage
import Testing

@testable import Engine

/// docs/state_machine.md says what the code says.
@Suite struct StateMachineDocumentTests {
  private let document: StateMachineDocument

  init() throws { document = try StateMachineDocument() }

  // MARK: States

  @Test func jobsHaveTheStatesOfTheTable() {
    expectStates(
      "job states", JobState.allCases.map { ($0.name, $0.rawValue, $0.isFinal) })
  }

  @Test func stepsHaveTheStatesOfTheTable() {
    expectStates(
      "step states",
      StepState.allCases.map { ($0.name, $0.rawValue, [.done, .dead, .cancelled].contains($0)) })
  }

  @Test func effectsHaveTheStatesOfTheTable() {
    expectStates(
      "effect states", EffectState.allCases.map { ($0.name, $0.rawValue, $0 != .started) })
  }

  private func expectStates(
    _ table: String, _ states: [(name: String, stored: Int16, isFinal: Bool)],
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let expected = states.map { [$0.name, "\($0.stored)", $0.isFinal ? "yes" : "no"] }
    let written = document.rows(table).map { Array($0.prefix(3)) }
    #expect(written == expected, sourceLocation: sourceLocation)
  }

  // MARK: Moves

  @Test(arguments: [
    ("job transitions", "job states"), ("step transitions", "step states"),
    ("effect transitions", "effect states"),
  ])
  func movesLeadFromAndToStatesThatThereAre(moves: String, states: String) {
    let rows = document.rows(states)
    let names = Set(rows.compactMap(\.first))
    let ends = Set(rows.filter { $0.count > 2 && $0[2] == "yes" }.compactMap(\.first))
    let moves = document.moves(moves)
    #expect(!moves.isEmpty)
    for move in moves {
      #expect(names.union(["–"]).contains(move.from), "\(move)")
      #expect(names.union(["–"]).contains(move.to), "\(move)")
      #expect(!ends.contains(move.from), "\(move) leaves a final state")
    }
    #expect(Set(moves).count == moves.count, "no move is there twice")
  }

  @Test func everyStateThatIsStoredIsReached() {
    let shownOnly: Set<JobState> = [.scheduled, .running]
    let jobs = Set(document.moves("job transitions").map(\.to))
    #expect(jobs == Set(JobState.allCases.filter { !shownOnly.contains($0) }.map(\.name)))
    let steps = Set(document.moves("step transitions").map(\.to))
    #expect(steps == Set(StepState.allCases.map(\.name)))
    let effects = Set(document.moves("effect transitions").map(\.to)).subtracting(["–"])
    #expect(effects == Set(EffectState.allCases.map(\.name)))
  }

  @Test func whoMakesAMoveIsAType() throws {
    let sources = try StateMachineDocument.sources()
    let movers = ["job transitions", "step transitions", "effect transitions"]
      .flatMap { document.moves($0).map(\.by) }
    let stoppers = document.rows("stops").compactMap { $0.count > 3 ? $0[3] : nil }
    for type in Set(movers + stoppers) {
      #expect(StateMachineDocument.isDeclared(type, in: sources), "\(type)")
    }
  }

  // MARK: Reasons

  @Test func stopsHaveTheCodesAndEndsOfTheTable() {
    let stops: [JobStop] = [
      .cancelled, .orphaned, .deadlinePassed, .queueTimeout, .signalTimeout,
    ]
    // Without a default: a new case needs a line above and a row in the table.
    for stop in stops {
      switch stop {
      case .cancelled, .orphaned, .deadlinePassed, .queueTimeout, .signalTimeout: break
      }
    }
    let expected = stops.map { [$0.code, $0.state.name, $0.failure?.class.rawValue ?? "–"] }
    #expect(document.rows("stops").map { Array($0.prefix(3)) } == expected)
  }

  @Test func stepsAreHeldForTheReasonsOfTheTable() {
    let reasons: [HoldReason] = [
      .session, .child, .signal("<name>"), .limit("<key>"), .pause("<key>"),
    ]
    for reason in reasons {
      switch reason {
      case .session, .child, .signal, .limit, .pause: break
      }
      #expect(HoldReason(reason.description) == reason)
    }
    #expect(document.rows("hold reasons").compactMap(\.first) == reasons.map(\.description))
  }

  @Test func keysAreLimitedAndPausedAsTheTableSays() throws {
    var forms: Set<String> = []
    for row in document.rows("gate keys") {
      try #require(row.count == 4)
      let key = try #require(GateKey(row[0]), "\(row[0])")
      forms.insert(Self.form(of: key))
      #expect(row[2] == (key.canBeLimited ? "yes" : "no"), "\(key)")
      #expect(row[3] == (key.canBePaused ? "yes" : "no"), "\(key)")
    }
    #expect(forms.count == 10, "a row for each form of a key")
  }

  private static func form(of key: GateKey) -> String {
    switch key {
    case .pool: "pool"
    case .lane: "lane"
    case .priority: "priority"
    case .user: "user"
    case .eachUser: "each user"
    case .agent: "agent"
    case .skill: "skill"
    case .provider: "provider"
    case .webhook: "webhook"
    case .eachWebhook: "each webhook"
    }
  }

  @Test func jobsWaitForTheCausesOfTheTable() {
    let written = document.rows("causes").compactMap(\.first)
    #expect(written == WaitReason.Cause.allCases.map(\.rawValue))
  }

  // MARK: Failures

  @Test func failuresAreRetriedAndEndJobsAsTheTableSays() {
    let expected = StepFailure.Class.allCases.map { kind in
      let failure = StepFailure(kind, code: "x", message: "")
      let rule = RetryPolicy.rule(for: kind)
      #expect((rule != nil) == failure.isRetryable)
      let tries = rule.map { "\($0.tries)\($0.countsAttempts ? "" : ", no attempts")" }
      return [kind.rawValue, tries ?? "1", Self.end(by: failure).name]
    }
    #expect(document.rows("failures").map { Array($0.prefix(3)) } == expected)
  }

  /// What a job becomes whose turn is dead.
  private static func end(by failure: StepFailure) -> JobState {
    var plan = JobPlan(
      job: LockedJob(
        id: JobID(), user: UserID(), priority: .normal, state: .queued, open: 1, nextIndex: 1,
        lastSequence: 1, hasStarted: false, target: .agent("main"), replyKey: []))
    plan.apply(
      ClosedStep(
        id: StepID(), index: 0, turn: nil, target: .agent("main"), state: .dead,
        startedAt: Date(timeIntervalSince1970: 1)),
      outcome: .failed(failure))
    return plan.job.state
  }

  @Test func anUnknownOutcomeIsNotRetriedAlthoughItIsInDoubt() {
    let failure = StepFailure.outcomeUnknown(of: .skill("mail.send"))
    #expect(failure.class == .inDoubt)
    #expect(!failure.isRetryable)
    #expect(RetryPolicy().verdict(after: failure, attempt: 1, run: 1, jitter: 0) == .dead)
  }

  @Test func theNumbersAreThoseOfTheCode() {
    let policy = RetryPolicy()
    let busy = StepFailure(.transient, code: "busy", message: "")
    func wait(after attempt: Int) -> String {
      let verdict = policy.verdict(after: busy, attempt: attempt, run: attempt, jitter: 0)
      guard case .again(let wait, _) = verdict else { return "–" }
      return Self.seconds(wait)
    }
    let expected = [
      ["crashes that are charged to a step", "\(policy.maximumCrashes)"],
      ["wait after the first failed attempt", wait(after: 1)],
      ["wait after the fourth failed attempt", wait(after: 4)],
      ["longest wait", Self.seconds(policy.ceiling)],
      ["lease", Self.seconds(StepClaimer.lease)],
      ["jobs above one in its tree, at most", "\(Delegation.maximumDepth)"],
    ]
    #expect(document.rows("numbers") == expected)
  }

  private static func seconds(_ duration: Duration) -> String {
    "\(duration.components.seconds) s"
  }
}
