import Engine
import FoundationEssentials
import GatewayAPI
import HTTP
import JobQueue
import Jobs
import Observability
import Postgres
import Security
import ServiceSupport
import Storage

/// The HTTP shell's view of the engine.
struct EngineJobService: JobService {
  let acceptor: JobAcceptor
  let reader: JobReader
  let watcher: JobWatcher
  let feed: JobFeed
  let canceller: JobCanceller
  let editor: JobEditor
  let explainer: JobExplainer
  let batches: BatchKeeper
  let signals: SignalKeeper
  let gates: GateCommands
  let deadLetters: DeadLetters
  let schedules: ScheduleBook
  let webhookBook: WebhookBook
  /// Where webhooks may go.
  let egress: EgressPolicy
  let monitor: SystemMonitor
  let principals: PrincipalCache
  let catalog: CatalogCache
  let probe: DatabaseProbe
  let publisher: LanePublisher
  /// Keyed, as a plain hash of a short input could be guessed from a stolen table.
  let requestDigest: KeyedDigest
  /// The figures of this node alone.
  let local: Metrics

  func authenticate(_ bearerToken: String) async throws(ServiceError) -> Principal? {
    guard let token = BearerToken(bearerToken) else { return nil }
    return try await answered { try await principals.principal(for: token) }
  }

  func terms(of principal: Principal) async throws(ServiceError) -> TokenTerms? {
    try await answered { try await principals.terms(of: principal.token) }
  }

  func catalog() async throws(ServiceError) -> CapabilityCatalog {
    try await answered { try await catalog.current() }
  }

  func accept(
    _ request: JobRequest, by principal: Principal
  ) async throws(ServiceError) -> AcceptedJob {
    try await accept(request, by: principal, hash: requestHash(of: request))
  }

  /// Makes the job of a command, which the key stands for.
  func accept(
    _ request: JobRequest, of command: KeyedCommand, key: String?, by principal: Principal,
    retryOf: JobID? = nil
  ) async throws(ServiceError) -> AcceptedJob {
    try await accept(
      request.keyed(key), by: principal,
      hash: key == nil ? [] : requestDigest(command.fingerprint), retryOf: retryOf)
  }

  private func accept(
    _ request: JobRequest, by principal: Principal, hash: [UInt8], retryOf: JobID? = nil
  ) async throws(ServiceError) -> AcceptedJob {
    let acceptance: Acceptance
    do throws(AcceptError) {
      acceptance = try await acceptor.accept(
        request, by: principal, requestHash: hash, retryOf: retryOf)
    } catch {
      throw Self.serviceError(error)
    }
    return try await accepted(acceptance, request, principal, retryOf: retryOf)
  }

  func acceptBatch(
    _ requests: [JobRequest], by principal: Principal
  ) async -> [Result<AcceptedJob, ServiceError>] {
    let answers = await acceptor.acceptAll(
      requests.map { ($0, requestHash(of: $0)) }, by: principal)
    let earlier = await looked(up: zip(answers, requests), of: principal.user)
    return zip(answers, requests).map { answer, request in
      answer.mapError(Self.serviceError).flatMap { acceptance in
        switch acceptance {
        case .stored(let id, let createdAt):
          request.options == JobOptions()
            ? .success(Self.stored(id, request, createdAt))
            : earlier.flatMap { Self.found(id, in: $0) }
        case .replayed(let id): earlier.flatMap { Self.found(id, in: $0, isReplay: true) }
        case .duplicate(let id): earlier.flatMap { Self.found(id, in: $0, isDuplicate: true) }
        }
      }
    }
  }

  private static func found(
    _ id: JobID, in jobs: [JobID: JobRecord], isReplay: Bool = false, isDuplicate: Bool = false
  ) -> Result<AcceptedJob, ServiceError> {
    jobs[id].map {
      .success(AcceptedJob(job: $0, isReplay: isReplay, isDuplicate: isDuplicate))
    } ?? .failure(.unavailable(retryAfter: .seconds(1), detail: "try again"))
  }

  /// The jobs that were there before, and those whose times the database has fixed, by one query.
  private func looked(
    up answers: some Sequence<(Result<Acceptance, AcceptError>, JobRequest)>, of user: UserID
  ) async -> Result<[JobID: JobRecord], ServiceError> {
    let ids = answers.compactMap { answer, request -> JobID? in
      switch answer {
      case .success(.replayed(let id)), .success(.duplicate(let id)): id
      case .success(.stored(let id, _)): request.options == JobOptions() ? nil : id
      case .failure: nil
      }
    }
    do throws(ServiceError) {
      let jobs = ids.isEmpty ? [] : try await answered { try await reader.jobs(ids, of: user) }
      return .success(Dictionary(jobs.map { ($0.id, $0) }) { first, _ in first })
    } catch {
      return .failure(error)
    }
  }

  private static func stored(
    _ id: JobID, _ request: JobRequest, _ createdAt: Date, retryOf: JobID? = nil
  ) -> AcceptedJob {
    AcceptedJob(
      job: JobRecord(
        id: id, target: request.target, priority: request.priority, state: .queued,
        input: request.input, result: nil, error: nil, lastSequence: 1, openSteps: 1,
        createdAt: createdAt, startedAt: nil, finishedAt: nil, retryOf: retryOf),
      isReplay: false)
  }

  /// What tells two requests with one key apart; nothing without a key.
  private func requestHash(of request: JobRequest) -> [UInt8] {
    request.idempotencyKey == nil ? [] : requestDigest(request.fingerprint)
  }

  private func accepted(
    _ acceptance: Acceptance, _ request: JobRequest, _ principal: Principal,
    retryOf: JobID? = nil
  ) async throws(ServiceError) -> AcceptedJob {
    switch acceptance {
    case .stored(let id, let createdAt) where request.options == JobOptions():
      return Self.stored(id, request, createdAt, retryOf: retryOf)
    case .stored(let id, _):
      return AcceptedJob(job: try await existing(id, principal), isReplay: false)
    case .replayed(let id):
      return AcceptedJob(job: try await existing(id, principal), isReplay: true)
    case .duplicate(let id):
      return AcceptedJob(
        job: try await existing(id, principal), isReplay: false, isDuplicate: true)
    }
  }

  private func existing(
    _ id: JobID, _ principal: Principal
  ) async throws(ServiceError) -> JobRecord {
    guard let job = try await job(id, of: principal.user) else {
      throw ServiceError.unavailable(retryAfter: .seconds(1), detail: "try again")
    }
    return job
  }

  func cancel(
    _ job: JobID, wholeTree: Bool, by principal: Principal
  ) async throws(ServiceError) -> CommandOutcome? {
    guard
      let answer = try await answered({
        try await canceller.cancel(job, wholeTree: wholeTree, by: principal)
      }),
      let record = try await self.job(job, of: principal.user)
    else { return nil }
    return answer == .accepted ? .done(record) : .refused(record)
  }

  func retry(
    _ job: JobID, key: String?, by principal: Principal
  ) async throws(ServiceError) -> RetryOutcome? {
    guard let old = try await self.job(job, of: principal.user) else { return nil }
    guard old.state.isFinal, old.state != .succeeded else { return .refused(old) }
    guard !old.target.isInternal else {
      throw .forbidden(detail: "only the system makes jobs for this target: replay the delivery")
    }
    guard principal.role.allows(old.target) else {
      throw .forbidden(detail: "your role does not allow \(old.target)")
    }
    guard old.priority >= principal.role.maximumPriority else {
      throw .forbidden(detail: "your role does not allow the priority \(old.priority.name)")
    }
    return .accepted(
      try await accept(
        old.again(at: Date()), of: .retry(job), key: key, by: principal, retryOf: job))
  }

  func prioritize(
    _ job: JobID, _ priority: Priority, by principal: Principal
  ) async throws(ServiceError) -> CommandOutcome? {
    let answer = try await answered { try await editor.prioritize(job, priority, by: principal) }
    return try await outcome(of: answer, job, principal)
  }

  func reschedule(
    _ job: JobID, to start: Moment?, input: JSONValue?, by principal: Principal
  ) async throws(ServiceError) -> CommandOutcome? {
    let answer = try await answered {
      try await editor.reschedule(job, to: start, input: input, by: principal)
    }
    return try await outcome(of: answer, job, principal)
  }

  private func outcome(
    of answer: JobEditor.Answer?, _ job: JobID, _ principal: Principal
  ) async throws(ServiceError) -> CommandOutcome? {
    guard answer != .pastDeadline else { throw .startsTooLate }
    guard let answer, let record = try await self.job(job, of: principal.user) else { return nil }
    return answer == .changed ? .done(record) : .refused(record)
  }

  func tree(
    of job: JobID, user: UserID
  ) async throws(ServiceError) -> (jobs: [JobRecord], isTruncated: Bool) {
    try await answered { try await reader.tree(of: job, user: user) }
  }

  func reasons(
    of job: JobID, user: UserID
  ) async throws(ServiceError) -> (job: JobRecord, waits: [WaitReason], isTruncated: Bool)? {
    guard let record = try await self.job(job, of: user) else { return nil }
    let found = try await answered { try await explainer.reasons(of: job, user: user) }
    return (record, found.waits, found.isTruncated)
  }

  func events(
    of job: JobID, for principal: Principal, after sequence: Int64
  ) async throws(ServiceError) -> EventSubscription? {
    let opening = try await answered {
      try await feed.open(job, of: principal.user, token: principal.token, after: sequence)
    }
    return switch opening {
    case nil: nil
    case .exhausted: EventSubscription(isExhausted: true, batches: AsyncThrowingStream { nil })
    case .open(let batches): EventSubscription(isExhausted: false, batches: batches)
    }
  }

  func metrics() async throws(ServiceError) -> MetricSnapshot {
    // Without the database there are no sampled figures, and those of this process are wanted most.
    var snapshot = await monitor.metrics()
    snapshot.merge(local.snapshot())
    ProcessMetrics.read(into: &snapshot)
    snapshot.set(.buildInfo, [BuildInfo.version], to: 1)
    return snapshot
  }

  func job(_ id: JobID, of user: UserID) async throws(ServiceError) -> JobRecord? {
    try await answered { try await reader.job(id, of: user) }
  }

  func jobs(_ filter: JobFilter, of user: UserID) async throws(ServiceError) -> [JobRecord] {
    try await answered { try await reader.jobs(filter, of: user) }
  }

  func steps(
    of job: JobID, user: UserID, after last: StepID?, limit: Int
  ) async throws(ServiceError) -> [StepRecord]? {
    try await answered {
      try await reader.steps(of: job, user: user, after: last, limit: limit)
    }
  }

  func waitForEnd(
    of job: JobID, user: UserID, timeout: Duration
  ) async throws(ServiceError) -> JobRecord? {
    try await answered { try await watcher.waitForEnd(of: job, user: user, timeout: timeout) }
  }

  func readiness() async -> [ComponentStatus] {
    let version = await probe.version(within: .milliseconds(900))
    let isMigrated = (version ?? 0) >= Schema.requiredVersion
    return [
      ComponentStatus(
        name: "database", isReady: version != nil,
        detail: version == nil ? "the database does not answer" : "answers"),
      ComponentStatus(
        name: "migrations", isReady: isMigrated,
        detail: version.map {
          isMigrated
            ? "version \($0)"
            : "version \($0), needs \(Schema.requiredVersion): run openclaw migrate"
        } ?? "not known while the database does not answer"),
      ComponentStatus(
        name: "broker", isReady: publisher.isReady,
        detail: publisher.isReady ? "takes messages" : "is away or takes no messages"),
    ]
  }

  func answered<Answer: Sendable>(
    _ ask: () async throws -> Answer
  ) async throws(ServiceError) -> Answer {
    do {
      return try await ask()
    } catch let error as ServiceError {
      throw error
    } catch let error as PostgresError {
      throw Self.databaseFailure(error)
    } catch {
      throw .internalError(detail: String(describing: error))
    }
  }

  private static let missingMigrations = ServiceError.unavailable(
    retryAfter: .seconds(10), detail: "migrations are missing: run openclaw migrate")

  private static func databaseFailure(_ error: PostgresError) -> ServiceError {
    switch error.cause {
    case .unavailable:
      .unavailable(retryAfter: .seconds(2), detail: "the database does not answer")
    case .outdatedSchema: missingMigrations
    case .defect: .internalError(detail: error.description)
    }
  }

  private static func serviceError(_ error: AcceptError) -> ServiceError {
    switch error {
    case .keyReused: .idempotencyKeyReused
    case .batchNotOpen: .batchNotOpen
    case .unknownBatch: .unknownBatch
    case .outdatedSchema: missingMigrations
    case .unknownWebhook: .unknownWebhook
    case .backlogFull: .backlogFull(retryAfter: .seconds(10))
    case .unavailable:
      .unavailable(retryAfter: .seconds(2), detail: "the job could not be stored now")
    case .failed(let detail): .internalError(detail: detail)
    }
  }
}
