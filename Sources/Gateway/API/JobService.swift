public import Jobs
public import Observability

/// What the HTTP shell asks of the system behind it; the executable adapts the engine to it.
///
/// Every call is for one user: an implementation never shows or changes a job of another one.
/// Each call is bounded in time, and one that cannot be answered in time throws
/// ``ServiceError/unavailable(retryAfter:detail:)``.
public protocol JobService: SignalService, BatchService, ScheduleService,
  WebhookService, DeadService, GateService
{
  /// Finds who a bearer token proves.
  ///
  /// - Parameter bearerToken: As the client sent it: 1 to 512 characters of RFC 6750's `b64token`,
  ///   otherwise unchecked.
  /// - Returns: `nil` for a token that is unknown, expired or revoked.
  func authenticate(_ bearerToken: String) async throws(ServiceError) -> Principal?

  /// What is known of the token that a principal has shown; `nil` when it is in force no longer.
  func terms(of principal: Principal) async throws(ServiceError) -> TokenTerms?

  /// What the running system can do now. Called once per accepted job, so it should be at hand.
  func catalog() async throws(ServiceError) -> CapabilityCatalog

  /// Makes the job durable; when it returns, the job will be done.
  ///
  /// The request is valid and the principal's role allows it. An idempotency key is kept for 24 h
  /// per user.
  ///
  /// - Parameter request: With its idempotency key, if the client gave one.
  /// - Returns: The job, and whether an earlier request with the same key had made it.
  /// - Throws: ``ServiceError/idempotencyKeyReused`` for a known key of a request with another
  ///   ``Jobs/JobRequest/fingerprint``. While the first request with the key runs, the call waits
  ///   for it, and answers with its job.
  func accept(
    _ request: JobRequest, by principal: Principal
  ) async throws(ServiceError) -> AcceptedJob

  /// One job of a user.
  ///
  /// - Returns: `nil` for an unknown id and for another user's job alike.
  func job(_ id: JobID, of user: UserID) async throws(ServiceError) -> JobRecord?

  /// A user's jobs, newest first, at most `filter.limit` of them; their input and result may be
  /// left out.
  ///
  /// - Parameter filter: Its limit may be 201: the shell asks for one more than it shows.
  func jobs(_ filter: JobFilter, of user: UserID) async throws(ServiceError) -> [JobRecord]

  /// The steps of a job in the order of their index.
  ///
  /// - Parameters:
  ///   - last: Only those that come after this one; all without it.
  ///   - limit: 1 to 201: the shell asks for one more than it shows.
  /// - Returns: `nil` for an unknown id and for another user's job alike.
  func steps(
    of job: JobID, user: UserID, after last: StepID?, limit: Int
  ) async throws(ServiceError) -> [StepRecord]?

  /// Waits until the job is over.
  ///
  /// Ends early, and then with the job as it is, when the time is up or the task is cancelled
  /// (the client has gone, the node drains).
  ///
  /// - Parameter timeout: More than zero, at most 60 s.
  /// - Returns: `nil` for an unknown id and for another user's job alike.
  func waitForEnd(
    of job: JobID, user: UserID, timeout: Duration
  ) async throws(ServiceError) -> JobRecord?

  /// Makes many jobs durable, each on its own: one that fails does not keep the others back.
  ///
  /// - Parameter requests: 1 to 1,000, each as for ``accept(_:by:)``.
  /// - Returns: What became of each, in order.
  func acceptBatch(
    _ requests: [JobRequest], by principal: Principal
  ) async -> [Result<AcceptedJob, ServiceError>]

  /// Cancels a job and all that it has delegated: at once what waits, within two seconds what runs.
  ///
  /// Asking again is harmless.
  ///
  /// - Parameter wholeTree: Whether to begin at the root of the job's tree.
  /// - Returns: `nil` for an unknown id and for another user's job alike.
  func cancel(
    _ job: JobID, wholeTree: Bool, by principal: Principal
  ) async throws(ServiceError) -> CommandOutcome?

  /// Gives a job that is not over, and all that it has delegated, another priority.
  ///
  /// The principal's role allows it.
  ///
  /// - Returns: `nil` for an unknown id and for another user's job alike.
  func prioritize(
    _ job: JobID, _ priority: Priority, by principal: Principal
  ) async throws(ServiceError) -> CommandOutcome?

  /// Gives a job that is not due yet another start or input; `nil` leaves either as it is.
  ///
  /// The input fits the job's target. A start alone also counts for steps that wait for their next
  /// attempt.
  ///
  /// - Returns: `nil` for an unknown id and for another user's job alike.
  /// - Throws: ``ServiceError/startsTooLate``.
  func reschedule(
    _ job: JobID, to start: Moment?, input: JSONValue?, by principal: Principal
  ) async throws(ServiceError) -> CommandOutcome?

  /// The first 1,000 jobs of a job's tree in the order in which they were made, without inputs and
  /// results, and whether there are more.
  ///
  /// - Returns: No jobs for an unknown id and for another user's job alike.
  func tree(
    of job: JobID, user: UserID
  ) async throws(ServiceError) -> (jobs: [JobRecord], isTruncated: Bool)

  /// What keeps each step of a job that is not over, of 50 at most, and whether there are more.
  ///
  /// - Returns: `nil` for an unknown id and for another user's job alike.
  func reasons(
    of job: JobID, user: UserID
  ) async throws(ServiceError) -> (job: JobRecord, waits: [WaitReason], isTruncated: Bool)?

  /// Does a failed, cancelled or expired job again, as a new job.
  ///
  /// - Parameter key: An idempotency key, which stands for this command to this job.
  /// - Returns: `nil` for an unknown id and for another user's job alike.
  /// - Throws: ``ServiceError/idempotencyKeyReused``.
  func retry(
    _ job: JobID, key: String?, by principal: Principal
  ) async throws(ServiceError) -> RetryOutcome?

  /// Opens a job's history from an event on, and what happens from then on.
  ///
  /// - Parameter sequence: The last event that the client has; 0 for none.
  /// - Returns: `nil` for an unknown id and for another user's job alike.
  func events(
    of job: JobID, for principal: Principal, after sequence: Int64
  ) async throws(ServiceError) -> EventSubscription?

  /// How every lane stands; a sample that may be some seconds old.
  func lanes() async throws(ServiceError) -> LaneReport

  /// The workers of the last day, the oldest first; jobs of others are left out for those who may
  /// not operate.
  func workers(for principal: Principal) async throws(ServiceError) -> [WorkerRecord]

  /// Tells a worker to finish what it runs and to end.
  ///
  /// - Returns: The worker, `draining`; `nil` for an unknown id.
  func drain(_ worker: WorkerID, by principal: Principal) async throws(ServiceError)
    -> WorkerRecord?

  /// All pools of the topology, by name.
  func pools() async throws(ServiceError) -> [PoolRecord]

  /// Says how many workers a pool shall have.
  ///
  /// - Parameter workers: 0 to ``Jobs/PoolRecord/maximumDesired``.
  /// - Returns: The pool as it is now; `nil` for an unknown one.
  /// - Throws: ``ServiceError/poolNotManaged`` when nothing would act on it.
  func scale(
    _ pool: Pool, to workers: Int, by principal: Principal
  ) async throws(ServiceError) -> PoolRecord?

  /// Says how long steps of a pool should wait at most; `nil` for as long as it takes.
  ///
  /// - Returns: The pool as it is now; `nil` for an unknown one.
  func setTargetWait(
    _ wait: Duration?, of pool: Pool, by principal: Principal
  ) async throws(ServiceError) -> PoolRecord?

  /// The figures of the whole system and of this node.
  func metrics() async throws(ServiceError) -> MetricSnapshot

  /// How the parts stand that this node needs, for `/readyz`. Never waits longer than a second.
  func readiness() async -> [ComponentStatus]
}

/// A job that ``JobService/accept(_:by:)`` made or found.
public struct AcceptedJob: Sendable, Hashable {
  /// As it is now, which for a replay may be over.
  public let job: JobRecord
  /// Whether an earlier request with the same idempotency key had made the job.
  public let isReplay: Bool
  /// Whether it is a live job with the same unique key, made by another request.
  public let isDuplicate: Bool

  /// Takes what the engine found.
  public init(job: JobRecord, isReplay: Bool, isDuplicate: Bool = false) {
    self.job = job
    self.isReplay = isReplay
    self.isDuplicate = isDuplicate
  }
}

/// What became of a command to a job.
public enum CommandOutcome: Sendable, Hashable {
  /// It was done; the job as it is now.
  case done(JobRecord)
  /// The job's state does not allow it; the job as it is.
  case refused(JobRecord)
}

/// What became of a job that was to be done again.
public enum RetryOutcome: Sendable, Hashable {
  /// The new job, or that of an earlier request with the same key.
  case accepted(AcceptedJob)
  /// The job's state does not allow it; the job as it is.
  case refused(JobRecord)
}

/// A job's history, and what happens to it from now on.
public struct EventSubscription: Sendable {
  /// Whether the job is over and the client has its last event.
  public let isExhausted: Bool
  /// Batches of events in order, pulled one by one, so that a slow reader holds up only itself.
  /// It ends after the event that ends the job. An empty batch comes when nothing has happened
  /// for 15 s. A failure means that the client shall come again, here or at another node; it also
  /// comes, within about a second, when the principal's token or user is revoked.
  public let batches: AsyncThrowingStream<[JobEvent], any Error>

  /// Takes an opened feed; who drops it ends it.
  public init(isExhausted: Bool, batches: AsyncThrowingStream<[JobEvent], any Error>) {
    self.isExhausted = isExhausted
    self.batches = batches
  }
}

/// Whether one part that the gateway needs is usable.
public struct ComponentStatus: Sendable, Hashable {
  /// A word from a closed set, such as `database`, `broker`, `migrations`.
  public let name: String
  /// Whether the gateway can do its work with it.
  public let isReady: Bool
  /// One sentence for an operator. Anyone may read it, so it holds no address and no secret.
  public let detail: String

  /// Takes one look at the part.
  public init(name: String, isReady: Bool, detail: String) {
    self.name = name
    self.isReady = isReady
    self.detail = detail
  }
}
