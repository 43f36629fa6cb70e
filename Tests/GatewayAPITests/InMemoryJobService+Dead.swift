import Foundation
import GatewayAPI
import Jobs
import Synchronization

extension InMemoryJobService {
  func deadSteps(_ filter: DeadFilter) async throws(ServiceError) -> [DeadStep] {
    try fail()
    return Self.dead.filter { dead in
      (filter.user == nil || filter.user == dead.user)
        && (filter.code == nil || filter.code == dead.errorCode)
        && (filter.before.map { dead.id < $0 } ?? true)
    }.prefix(filter.limit).map(\.self)
  }

  /// The newest first.
  static let dead: [DeadStep] = (0..<3).map { _ in
    DeadStep(
      id: StepID(), job: JobID(), user: alice.user, target: .agent("main"),
      lane: Lane(pool: managedPool, priority: .normal),
      error: StepFailure(.badInput, code: "x", message: "no"), errorClass: "bad_input",
      errorCode: "x", attempts: 1, crashes: 0, diedAt: now)
  }.sorted { $0.id > $1.id }

  func deadStep(
    _ step: StepID, in pool: Pool, for principal: Principal
  ) async throws(ServiceError) -> DeadStepDetail? {
    try fail()
    let all = Self.dead + [Self.bobsDead]
    guard
      let dead = all.first(where: {
        $0.id == step && $0.lane.pool == pool
          && (principal.role.mayOperate || $0.user == principal.user)
      })
    else { return nil }
    let failed = FailedAttempt(
      attempt: 1, state: .pending, at: Self.now,
      error: StepFailure(.transient, code: "busy", message: "not now"), retryAt: Self.now + 2)
    return DeadStepDetail(
      step: dead, jobTarget: .agent("main"),
      content: dead.user == principal.user ? .shown(input: "hi", arguments: nil) : .withheld,
      createdAt: Self.now, startedAt: Self.now, effect: nil, obstacle: nil, settledAt: Self.now,
      redrivenAs: dead.job, failedAttempts: [failed])
  }

  /// Not on the list any more.
  static let bobsDead = DeadStep(
    id: StepID(), job: JobID(), user: bob.user, target: .agent("main"),
    lane: Lane(pool: managedPool, priority: .normal), error: nil, errorClass: "bad_input",
    errorCode: "x", attempts: 1, crashes: 0, diedAt: now)

  func deadGroups(_ filter: DeadFilter) async throws(ServiceError) -> [DeadGroup] {
    let steps = try await deadSteps(filter)
    guard let first = steps.first else { return [] }
    return [
      DeadGroup(
        target: first.target.description, errorClass: first.errorClass,
        errorCode: first.errorCode, count: steps.count, firstAt: first.diedAt,
        lastAt: first.diedAt, example: first.id)
    ]
  }

  func redrive(
    _ filter: DeadFilter, input: JSONValue?, fits: @Sendable (Target) -> Bool, isDry: Bool,
    isCanary: Bool, by principal: Principal
  ) async throws(ServiceError) -> Redrive {
    var redrive = Redrive()
    let steps = try await deadSteps(filter)
    if input != nil, let target = steps.map(\.target).first(where: { !fits($0) }) {
      throw .unfitInput(target)
    }
    redrive.matched = steps.count
    guard !isDry else { return redrive }
    if isCanary, let job = state.withLock(\.canary) {
      _ = try await waitForEnd(of: job, user: principal.user, timeout: .seconds(120))
      if Task.isCancelled { redrive.stopped = "interrupted" }
    }
    redrive.redriven = steps.map { .init(step: $0.id, job: $0.job, newJob: JobID()) }
    return redrive
  }

  /// Every job that there is counts as one that a redrive has made.
  func redriven(
    _ jobs: [JobID], of user: UserID?, within limit: Duration
  ) async throws(ServiceError) -> [RedrivenJob] {
    try fail()
    let own = state.withLock { state in
      jobs.compactMap { id in state.owners[id].map { (id, $0) } }
        .filter { user == nil || $0.1 == user }
    }
    var found: [RedrivenJob] = []
    for (id, owner) in own {
      if limit > .zero { _ = try await waitForEnd(of: id, user: owner, timeout: limit) }
      guard let job = try await job(id, of: owner) else { continue }
      found.append(RedrivenJob(id: id, user: owner, state: job.state))
    }
    return found
  }

  func drop(
    _ filter: DeadFilter, isDry: Bool, by principal: Principal
  ) async throws(ServiceError) -> (matched: Int, dropped: Int) {
    let count = try await deadSteps(filter).count
    return (count, isDry ? 0 : count)
  }
}
