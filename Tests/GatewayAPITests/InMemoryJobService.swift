import Foundation
import GatewayAPI
import Jobs
import Observability
import Synchronization

/// A job service that keeps everything in memory and does what a test tells it.
final class InMemoryJobService: JobService {
  struct State {
    var jobs: [JobID: JobRecord] = [:]
    var owners: [JobID: UserID] = [:]
    var keys: [String: (hash: [UInt8], job: JobID)] = [:]
    var failure: ServiceError?
    /// What only accepting fails with.
    var acceptFailure: ServiceError?
    var components = [ComponentStatus(name: "database", isReady: true, detail: "answers")]
    var waiters: [JobID: [UUID: CheckedContinuation<Void, Never>]] = [:]
    var waitBegan: [CheckedContinuation<Void, Never>] = []
    var feeds: [JobID: ScriptedFeed] = [:]
    /// How many workers each pool shall have.
    var desired: [Pool: Int] = [:]
    var targetWaits: [Pool: Duration] = [:]
    var draining: Set<WorkerID> = []
    var limits: [GateKey: Int] = [:]
    var batches: [Batch] = []
    var signals: [JobID: [SignalStatus.Kept]] = [:]
    var schedules: [(owner: UserID, record: ScheduleRecord)] = []
    /// The past ticks of every schedule.
    var ticks: [TickRecord] = []
    var webhooks: [StoredWebhook] = []
    var pauses: [GateKey: PauseRecord] = [:]
    /// A canary waits for the end of this job.
    var canary: JobID?
    /// Whoever waits for a batch waits for the end of this job; without it all batches end.
    var batchWait: JobID?
    /// How many steps each job has.
    var stepCount = 1
    /// Whether trees and reasons have more than they show.
    var isTruncated = false
    /// What the last listing asked for.
    var filter: JobFilter?
    /// Jobs that have no step to come.
    var orphans: [JobID] = []
  }

  /// May operate the system.
  static let alice = principal("alice", targets: ["*"], maximum: .urgent, mayOperate: true)
  static let bob = principal("bob", targets: ["agent:*"], maximum: .normal)

  /// Jobs are refused that name it.
  static let unknownBatch = BatchID()

  let state = Mutex(State())
  let metricsRegistry = Metrics()

  var accepted: Int { state.withLock(\.jobs.count) }

  func authenticate(_ bearerToken: String) async throws(ServiceError) -> Principal? {
    try fail()
    return switch bearerToken {
    case "alice-token": Self.alice
    case "bob-token": Self.bob
    default: nil
    }
  }

  func terms(of principal: Principal) async throws(ServiceError) -> TokenTerms? {
    TokenTerms(name: "cli", createdAt: Self.now, expiresAt: Self.now + 3600)
  }

  func catalog() async throws(ServiceError) -> CapabilityCatalog {
    CapabilityCatalog(
      agents: [
        AgentDefinition(
          name: "main", description: "", instructions: "", skills: [], model: "default",
          maximumTurns: 4)
      ],
      skills: [
        SkillDefinition(
          name: "files.read", description: "",
          input: [
            "type": "object", "required": ["path"], "additionalProperties": false,
            "properties": ["path": ["type": "string", "minLength": 1, "maxLength": 4096]],
          ],
          output: [:], safety: .pure),
        SkillDefinition(
          name: "system.clock", description: "",
          input: ["type": "object", "additionalProperties": false, "properties": [:]],
          output: [:], safety: .pure),
      ])
  }

  func accept(
    _ request: JobRequest, by principal: Principal
  ) async throws(ServiceError) -> AcceptedJob {
    try accept(request, by: principal, meaning: request.fingerprint)
  }

  /// - Parameter requestHash: What the request's key stands for.
  func accept(
    _ request: JobRequest, by principal: Principal, meaning requestHash: [UInt8],
    retryOf: JobID? = nil
  ) throws(ServiceError) -> AcceptedJob {
    try fail()
    if let failure = state.withLock(\.acceptFailure) { throw failure }
    var terms = JobTerms()
    terms.batch = request.options.batch
    terms.schedule = request.options.schedule
    terms.maximumAttempts = request.options.maximumAttempts
    let job = JobRecord(
      id: JobID(), target: request.target, priority: request.priority, state: .queued,
      input: request.input, result: nil, error: nil, lastSequence: 1, openSteps: 1,
      createdAt: Date(timeIntervalSince1970: 1_700_000_000.25), startedAt: nil, finishedAt: nil,
      retryOf: retryOf, terms: terms)
    let found: Result<AcceptedJob, ServiceError> = state.withLock { state in
      if let key = request.idempotencyKey {
        if let known = state.keys[key], let first = state.jobs[known.job] {
          return known.hash == requestHash
            ? .success(AcceptedJob(job: first, isReplay: true)) : .failure(.idempotencyKeyReused)
        }
      }
      guard !request.options.lacksWebhook else { return .failure(.unknownWebhook) }
      if request.options.batch == Self.unknownBatch { return .failure(.unknownBatch) }
      if let key = request.idempotencyKey { state.keys[key] = (requestHash, job.id) }
      state.jobs[job.id] = job
      state.owners[job.id] = principal.user
      return .success(AcceptedJob(job: job, isReplay: false))
    }
    return try found.get()
  }

  func job(_ id: JobID, of user: UserID) async throws(ServiceError) -> JobRecord? {
    try fail()
    return state.withLock { $0.owners[id] == user ? $0.jobs[id] : nil }
  }

  func jobs(_ filter: JobFilter, of user: UserID) async throws(ServiceError) -> [JobRecord] {
    try fail()
    return state.withLock { state in
      state.filter = filter
      let matching = state.jobs.values.filter { job in
        state.owners[job.id] == user && (filter.states.isEmpty || filter.states.contains(job.state))
          && (filter.target == nil || filter.target == job.target)
          && filter.before.map { job.id < $0 } != false
      }
      return [JobRecord](matching.sorted { $0.id > $1.id }.prefix(filter.limit))
    }
  }

  func steps(
    of job: JobID, user: UserID, after last: StepID?, limit: Int
  ) async throws(ServiceError) -> [StepRecord]? {
    guard let record = try await self.job(job, of: user) else { return nil }
    let steps = (0..<state.withLock(\.stepCount)).map { index in
      StepRecord(
        id: Self.step(index), index: index, kind: .agentTurn, target: record.target, state: .ready,
        attempt: 0, crashes: 0, input: nil, output: nil, error: nil, createdAt: record.createdAt,
        startedAt: nil, finishedAt: nil)
    }
    return [StepRecord](steps.filter { step in last.map { step.id > $0 } ?? true }.prefix(limit))
  }

  /// The id of a job's step, the same for all jobs.
  static func step(_ index: Int) -> StepID {
    var bytes = UUID(uuidString: "0199c0de-0000-7000-8000-000000000000")?.uuid ?? UUID().uuid
    bytes.14 = UInt8(index / 256)
    bytes.15 = UInt8(index % 256)
    return StepID(UUID(uuid: bytes))
  }

  func waitForEnd(
    of job: JobID, user: UserID, timeout: Duration
  ) async throws(ServiceError) -> JobRecord? {
    let waiter = UUID()
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let began = state.withLock { state in
          if Task.isCancelled || state.jobs[job]?.state.isFinal != false {
            continuation.resume()
          } else {
            state.waiters[job, default: [:]][waiter] = continuation
          }
          defer { state.waitBegan = [] }
          return state.waitBegan
        }
        for continuation in began { continuation.resume() }
      }
    } onCancel: {
      state.withLock { $0.waiters[job]?.removeValue(forKey: waiter) }?.resume()
    }
    return try await self.job(job, of: user)
  }

  func readiness() async -> [ComponentStatus] { state.withLock(\.components) }

  func fail() throws(ServiceError) {
    if let failure = state.withLock(\.failure) { throw failure }
  }

  private static func principal(
    _ name: String, targets: [String], maximum: Priority, mayOperate: Bool = false
  ) -> Principal {
    Principal(
      user: UserID(), userName: name, token: TokenID(),
      role: Role(
        name: name + "-role", targets: targets.map(TargetPattern.init), maximumPriority: maximum,
        mayOperate: mayOperate))
  }
}

extension InMemoryJobService {
  /// Ends a job with a result and wakes who waits for it.
  func succeed(_ id: JobID, with result: JSONValue) {
    change(id) {
      $0.with(
        state: .succeeded, result: result, finishedAt: Date(timeIntervalSince1970: 1_700_000_001))
    }
  }

  /// Begins a job.
  func start(_ id: JobID) { change(id) { $0.with(state: .running) } }

  /// Puts another record in a job's place, and wakes who waits for its end if it is over.
  func change(_ id: JobID, _ change: (JobRecord) -> JobRecord) {
    let waiters = state.withLock { state -> [CheckedContinuation<Void, Never>] in
      guard let job = state.jobs[id].map(change) else { return [] }
      state.jobs[id] = job
      guard job.state.isFinal else { return [] }
      return (state.waiters.removeValue(forKey: id) ?? [:]).map(\.value)
    }
    for waiter in waiters { waiter.resume() }
  }

  /// Returns as soon as some request waits for a job's end.
  func someoneWaits() async {
    await withCheckedContinuation { continuation in
      let waitsAlready = state.withLock { state in
        if state.waiters.values.contains(where: { !$0.isEmpty }) { return true }
        state.waitBegan.append(continuation)
        return false
      }
      if waitsAlready { continuation.resume() }
    }
  }
}

extension JobRecord {
  /// The same job after its next event.
  func with(
    state: JobState, result: JSONValue? = nil, finishedAt: Date? = nil,
    cancelRequestedAt: Date? = nil
  ) -> JobRecord {
    JobRecord(
      id: id, target: target, priority: priority, state: state, input: input, result: result,
      error: nil, lastSequence: lastSequence + 1, openSteps: state.isFinal ? 0 : 1,
      createdAt: createdAt, startedAt: createdAt, finishedAt: finishedAt,
      cancelRequestedAt: cancelRequestedAt ?? self.cancelRequestedAt, retryOf: retryOf)
  }
}
