import FoundationEssentials
public import Jobs
public import Postgres

/// Jobs and steps as their owner sees them.
///
/// The state of a job that is not over follows from its steps: `running` while one of them runs.
/// Claims therefore need not touch the job's row.
public struct JobReader: Sendable {
  let pool: PostgresPool
  private let content: SealedContent

  /// `content` must hold the keys that rows are sealed with; a row of another key fails to read.
  public init(pool: PostgresPool, content: SealedContent) {
    self.pool = pool
    self.content = content
  }

  /// A job of a user; `nil` when there is none or it is somebody else's.
  public func job(_ id: JobID, of user: UserID) async throws -> JobRecord? {
    try await pool.query(Self.selection(of: id, user: user)).first.map(record)
  }

  /// The steps of a user's job in their order; `nil` when the user has no such job.
  ///
  /// - Parameters:
  ///   - last: Only those that come after this step of the job; all without one.
  ///   - limit: At most so many.
  public func steps(
    of job: JobID, user: UserID, after last: StepID? = nil, limit: Int = 200
  ) async throws -> [StepRecord]? {
    var rest: SQL = ""
    if let last {
      rest = """
         AND step.index > (
          SELECT index FROM steps WHERE id = \(last.uuid) AND job_id = \(job.uuid))
        """
    }
    let rows = try await pool.pipeline([
      "SELECT 1 AS found FROM jobs WHERE id = \(job.uuid) AND user_id = \(user.uuid)",
      """
      SELECT step.*, job.input AS job_input, effects.state AS effect_state,
        effects.attempt AS effect_attempt, effects.started_at AS effect_started_at,
        effects.finished_at AS effect_finished_at
      FROM steps AS step JOIN jobs AS job ON job.id = step.job_id
        LEFT JOIN effects ON effects.step_id = step.id
      WHERE step.job_id = \(job.uuid) AND step.user_id = \(user.uuid)\(rest)
      ORDER BY step.index LIMIT \(Int64(limit))
      """,
      EventStatements.failures(of: job),
    ])
    guard rows.count == 3, !rows[0].isEmpty else { return nil }
    let failures = try FailedAttempt.read(rows[2], content)
    return try rows[1].map { row in
      var step = try stepRecord(row, job: job)
      step.failedAttempts = failures[step.id] ?? []
      return step
    }
  }

  /// Which of some jobs a redrive has made, and how they stand, by their ids.
  ///
  /// - Parameter user: Whose; `nil` for everybody's.
  public func redriven(_ jobs: [JobID], of user: UserID?) async throws -> [RedrivenJob] {
    let condition: SQL = """
      WHERE job.id = ANY(\(jobs.map(\.uuid))) AND job.redrive_of IS NOT NULL
        AND (\(user?.uuid)::uuid IS NULL OR job.user_id = \(user?.uuid))
      ORDER BY job.id
      """
    let columns: SQL = "SELECT job.id, job.user_id, "
    return try await pool.query(columns + Self.derived + condition).map { row in
      RedrivenJob(
        id: JobID(try row.decode("id", as: UUID.self)),
        user: UserID(try row.decode("user_id", as: UUID.self)),
        state: try row.stored("shown_state"))
    }
  }

  /// How far the given jobs are; unknown ones are left out.
  public func progress(of jobs: [JobID]) async throws -> [JobProgress] {
    try await pool.query(
      """
      SELECT id, last_seq, state >= 4 AS is_final, reply_key FROM jobs
      WHERE id = ANY(\(jobs.map(\.uuid)))
      """
    ).map(JobProgress.init)
  }

  /// Which of the tokens prove nobody any more: revoked, expired, or their user disabled.
  public func revoked(among tokens: Set<TokenID>) async throws -> Set<TokenID> {
    let rows = try await pool.query(
      """
      SELECT tokens.id FROM tokens JOIN users ON users.id = tokens.user_id
      WHERE tokens.id = ANY(\(tokens.map(\.uuid))) AND (tokens.revoked_at IS NOT NULL
        OR tokens.expires_at <= now() OR users.disabled_at IS NOT NULL)
      """)
    return Set(try rows.map { TokenID(try $0.decode("id", as: UUID.self)) })
  }

  /// Some jobs of a user by their ids; those that the user does not have are left out.
  public func jobs(_ ids: [JobID], of user: UserID) async throws -> [JobRecord] {
    let condition: SQL =
      "WHERE job.id = ANY(\(ids.map(\.uuid))) AND job.user_id = \(user.uuid)"
    return try await pool.query(Self.selection + condition).map(record)
  }

  /// The most jobs of a tree that ``tree(of:user:)`` reads.
  public static let treeLimit = 1000

  /// The first jobs of a user's tree in the order of their ids, without inputs and results, and
  /// whether there are more.
  ///
  /// - Parameter job: Any of them.
  public func tree(
    of job: JobID, user: UserID
  ) async throws -> (jobs: [JobRecord], isTruncated: Bool) {
    let condition: SQL = """
      WHERE job.user_id = \(user.uuid) AND job.id IN (
        SELECT id FROM jobs WHERE id = \(job.uuid)
        UNION SELECT root_id FROM jobs WHERE id = \(job.uuid)
        UNION SELECT member.id FROM jobs AS member JOIN jobs AS one ON one.id = \(job.uuid)
          WHERE member.root_id = one.root_id AND member.root_id <> member.id)
      ORDER BY job.id LIMIT \(Int64(Self.treeLimit + 1))
      """
    let jobs = try await pool.query(Self.summary + condition).map(record)
    return (Array(jobs.prefix(Self.treeLimit)), jobs.count > Self.treeLimit)
  }

  /// For ``record(_:)``.
  static func selection(of id: JobID, user: UserID) -> SQL {
    let condition: SQL = "WHERE job.id = \(id.uuid) AND job.user_id = \(user.uuid)"
    return selection + condition
  }

  static let shownState: SQL = """
    (CASE WHEN job.state < 4 AND EXISTS (
        SELECT FROM steps WHERE steps.job_id = job.id AND steps.state = 3)
      THEN \(JobState.running.rawValue)
      WHEN job.state = \(JobState.queued.rawValue) AND job.run_at > now()
      THEN \(JobState.scheduled.rawValue) ELSE job.state END)
    """

  static let summary: SQL =
    """
    SELECT job.id, job.target, job.priority, job.last_seq, job.open, job.created_at,
      job.finished_at, job.cancel_at, job.retry_of, job.error, job.run_at, job.deadline_at,
      job.session, job.webhook_id, job.batch_id, job.unique_key, job.root_id, job.parent_id,
      job.wait_for, job.wait_for_ms, job.step_timeout_ms, job.idle_timeout_ms, job.max_attempts,
      job.deadline_ms, job.start_by, job.unique_until, job.schedule_id,
      NULL::bytea AS input, NULL::bytea AS result,
    """ + " " + derived

  private static let selection: SQL = "SELECT job.*, " + derived

  private static let derived: SQL =
    shownState + """
       AS shown_state,
      coalesce(job.started_at, (SELECT min(steps.started_at) FROM steps
        WHERE steps.job_id = job.id)) AS first_started_at
      FROM jobs AS job
      """ + " "

  func record(_ row: Row) throws -> JobRecord {
    let id = try row.decode("id", as: UUID.self)
    let error = try content.openIfPresent(
      try row.decode("error", as: [UInt8]?.self), .jobError, row: id)
    return JobRecord(
      id: JobID(id), target: try row.target("target"), priority: try row.stored("priority"),
      state: try row.stored("shown_state"),
      input: try content.openIfPresent(
        try row.decode("input", as: [UInt8]?.self), .jobInput, row: id) ?? .null,
      result: try content.openIfPresent(
        try row.decode("result", as: [UInt8]?.self), .jobResult, row: id),
      error: error.flatMap(StepFailure.init(json:)),
      lastSequence: try row.decode("last_seq", as: Int64.self),
      openSteps: Int(try row.decode("open", as: Int32.self)),
      createdAt: try row.decode("created_at", as: Date.self),
      startedAt: try row.decode("first_started_at", as: Date?.self),
      finishedAt: try row.decode("finished_at", as: Date?.self),
      cancelRequestedAt: try row.decode("cancel_at", as: Date?.self),
      retryOf: try row.decode("retry_of", as: UUID?.self).map(JobID.init),
      terms: try terms(row))
  }

  private func stepRecord(_ row: Row, job: JobID) throws -> StepRecord {
    let id = try row.decode("id", as: UUID.self)
    let kind: StepKind = try row.stored("kind")
    var input = try content.openIfPresent(
      try row.decode("input", as: [UInt8]?.self), .stepInput, row: id)
    if input == nil, kind == .skillCall {
      input = try content.open(
        try row.decode("job_input", as: [UInt8].self), .jobInput, row: job.uuid)
    }
    let error = try content.openIfPresent(
      try row.decode("error", as: [UInt8]?.self), .stepError, row: id)
    return StepRecord(
      id: StepID(id), index: Int(try row.decode("index", as: Int32.self)), kind: kind,
      target: try row.target("target"), state: try row.stored("state"),
      attempt: Int(try row.decode("attempt", as: Int16.self)),
      crashes: Int(try row.decode("crashes", as: Int16.self)), input: input,
      output: try content.openIfPresent(
        try row.decode("output", as: [UInt8]?.self), .stepOutput, row: id),
      error: error.flatMap(StepFailure.init(json:)), effect: try EffectRecord(of: row),
      createdAt: try row.decode("created_at", as: Date.self),
      startedAt: try row.decode("started_at", as: Date?.self),
      finishedAt: try row.decode("finished_at", as: Date?.self))
  }
}

extension EffectRecord {
  /// Reads `effect_state, effect_attempt, effect_started_at, effect_finished_at` of a step that may
  /// have none.
  public init?(of row: Row) throws(PostgresError) {
    guard try row.decode("effect_state", as: Int16?.self) != nil else { return nil }
    self.init(
      state: try row.stored("effect_state"),
      attempt: Int(try row.decode("effect_attempt", as: Int16.self)),
      startedAt: try row.decode("effect_started_at", as: Date.self),
      finishedAt: try row.decode("effect_finished_at", as: Date?.self))
  }
}

/// How far a job is.
public struct JobProgress: Sendable, Hashable {
  /// The job that was asked for.
  public let job: JobID
  /// The seq of its newest event.
  public let lastSequence: Int64
  /// Whether it is over; then no event follows `lastSequence`.
  public let isFinal: Bool
  /// What true replies about the job carry.
  public let replyKey: [UInt8]

  init(_ row: Row) throws(PostgresError) {
    job = JobID(try row.decode("id", as: UUID.self))
    lastSequence = try row.decode("last_seq", as: Int64.self)
    isFinal = try row.decode("is_final", as: Bool.self)
    replyKey = try row.decode("reply_key", as: [UInt8].self)
  }
}
