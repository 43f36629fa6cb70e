import Engine
import GatewayAPI
import JobQueue
import Jobs
import Postgres
import Security
import ServiceSupport
import Storage

/// The HTTP shell's view of the engine.
struct EngineJobService: JobService {
  let acceptor: JobAcceptor
  let reader: JobReader
  let watcher: JobWatcher
  let identities: IdentityStore
  let catalog: CatalogCache
  let pool: PostgresPool
  let publisher: LanePublisher
  let key: MasterKey

  func authenticate(_ bearerToken: String) async throws(ServiceError) -> Principal? {
    guard let token = BearerToken(bearerToken) else { return nil }
    return try await answered { try await identities.principal(for: token) }
  }

  func catalog() async throws(ServiceError) -> CapabilityCatalog {
    try await answered { try await catalog.current() }
  }

  func accept(
    _ request: JobRequest, by principal: Principal, requestHash: [UInt8]
  ) async throws(ServiceError) -> AcceptedJob {
    do {
      // Keyed, as a plain hash of a short input could be guessed from a stolen table.
      let hash = Digest.hmac(requestHash, key: key, purpose: .requests)
      switch try await acceptor.accept(request, by: principal, requestHash: hash) {
      case .stored(let id, let createdAt):
        let job = JobRecord(
          id: id, target: request.target, priority: request.priority, state: .queued,
          input: request.input, result: nil, error: nil, lastSequence: 1, openSteps: 1,
          createdAt: createdAt, startedAt: nil, finishedAt: nil)
        return AcceptedJob(job: job, isReplay: false)
      case .replayed(let id):
        guard let job = try await job(id, of: principal.user) else {
          throw ServiceError.unavailable(retryAfter: .seconds(1), detail: "try again")
        }
        return AcceptedJob(job: job, isReplay: true)
      }
    } catch let error as AcceptError {
      throw Self.serviceError(error)
    } catch let error as ServiceError {
      throw error
    } catch {
      throw .internalError(detail: String(describing: error))
    }
  }

  func job(_ id: JobID, of user: UserID) async throws(ServiceError) -> JobRecord? {
    try await answered { try await reader.job(id, of: user) }
  }

  func jobs(_ filter: JobFilter, of user: UserID) async throws(ServiceError) -> [JobRecord] {
    try await answered { try await reader.jobs(filter, of: user) }
  }

  func steps(of job: JobID, user: UserID) async throws(ServiceError) -> [StepRecord]? {
    try await answered { try await reader.steps(of: job, user: user) }
  }

  func waitForEnd(
    of job: JobID, user: UserID, timeout: Duration
  ) async throws(ServiceError) -> JobRecord? {
    try await answered { try await watcher.waitForEnd(of: job, user: user, timeout: timeout) }
  }

  func readiness() async -> [ComponentStatus] {
    let version = await boundedVersion()
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

  /// The schema's version; `nil` when the database does not answer within a second.
  private func boundedVersion() async -> Int? {
    await withTaskGroup(of: Int?.self) { group in
      // A failure means "not ready", which is all that the caller says.
      group.addTask { try? await Migrator.currentVersion(pool) }
      group.addTask {
        // Cancelled as soon as the database has answered.
        try? await Task.sleep(for: .milliseconds(900))
        return nil
      }
      defer { group.cancelAll() }
      return await group.next() ?? nil
    }
  }

  private func answered<Answer: Sendable>(
    _ ask: () async throws -> Answer
  ) async throws(ServiceError) -> Answer {
    do {
      return try await ask()
    } catch let error as PostgresError where error.code != .decoding {
      throw .unavailable(retryAfter: .seconds(2), detail: "the database does not answer")
    } catch {
      throw .internalError(detail: String(describing: error))
    }
  }

  private static func serviceError(_ error: AcceptError) -> ServiceError {
    switch error {
    case .keyReused: .idempotencyKeyReused
    case .backlogFull: .backlogFull(retryAfter: .seconds(10))
    case .unavailable:
      .unavailable(retryAfter: .seconds(2), detail: "the job could not be stored now")
    case .failed(let detail): .internalError(detail: detail)
    }
  }
}
