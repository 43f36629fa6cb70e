import FoundationEssentials
public import Jobs
public import Postgres

/// The counts of a lane's steps, taken one after the other within milliseconds.
public struct LaneCounts: Sendable, Hashable {
  /// Steps that may be claimed.
  public var ready = 0
  /// Steps that run.
  public var running = 0
  /// Steps that something else holds back, by the first word of their ``Jobs/HoldReason``; those
  /// that are being moved to another lane have none and are left out.
  public var held: [String: Int] = [:]
  /// Steps that are due later.
  public var dueLater = 0
  /// Steps that will not be tried again, calls that were refused at once left out.
  public var dead = 0
  /// Tickets in the outbox.
  public var unconfirmed = 0
  /// How long the first ready step has been ready; `nil` when none is.
  public var oldestAge: Duration?

  /// Nothing counted.
  public init() {}
}

/// What waits and runs where, counted over the partial indexes of the step states.
public struct QueueReader: Sendable {
  private let pool: PostgresPool

  /// Each call is one round trip over a connection of `pool`.
  public init(pool: PostgresPool) { self.pool = pool }

  /// The counts of all lanes where there is anything to count.
  ///
  /// Its cost grows with the number of unfinished and of dead steps, so let many readers share a
  /// sample.
  public func counts() async throws -> [Lane: LaneCounts] {
    let states: [(StepState, WritableKeyPath<LaneCounts, Int>)] = [
      (.ready, \.ready), (.running, \.running), (.pending, \.dueLater), (.dead, \.dead),
    ]
    let rows = try await pool.pipeline(
      [Self.held] + states.map { Self.count($0.0) } + [Self.outbox])
    var lanes: [Lane: LaneCounts] = [:]
    for row in rows[0] {
      lanes[try row.lane(), default: LaneCounts()].held[
        try row.decode("reason", as: String.self)] = Int(try row.decode("count", as: Int64.self))
    }
    for (answer, path) in zip(rows.dropFirst(), states.map(\.1) + [\.unconfirmed]) {
      for row in answer {
        var counts = lanes[try row.lane()] ?? LaneCounts()
        counts[keyPath: path] = Int(try row.decode("count", as: Int64.self))
        if let age = try row.decode("age_us", as: Int64?.self) {
          counts.oldestAge = .microseconds(max(0, age))
        }
        lanes[try row.lane()] = counts
      }
    }
    return lanes
  }

  private static func count(_ state: StepState) -> SQL {
    // The state is written out, as the partial indexes want it.
    let age: SQL =
      state == .ready
      ? "(extract(epoch FROM clock_timestamp() - min(ready_at)) * 1e6)::bigint" : "NULL::bigint"
    let select: SQL = "SELECT pool, priority, count(*) AS count, "
    let from: SQL = " AS age_us FROM steps WHERE state = "
    let group: SQL = " GROUP BY pool, priority"
    return select + age + from + SQL(unsafeRaw: "\(state.rawValue)")
      + (state == .dead ? " AND settled_at IS NULL AND started_at IS NOT NULL" : "") + group
  }

  /// Held steps by lane and by the first word of their reason, over the index that has the reasons.
  /// Columns: `pool, priority, reason, count`.
  public static let held: SQL = """
    SELECT pool, priority, split_part(held_by, ':', 1) AS reason, count(*) AS count FROM steps
    WHERE state = 2 AND held_by IS NOT NULL GROUP BY pool, priority, reason
    """

  private static let outbox: SQL = """
    SELECT pool, priority, count(*) AS count, NULL::bigint AS age_us FROM outbox
    GROUP BY pool, priority
    """

  /// The workers that were seen within a day, in the order of their starts, with what they run.
  ///
  /// - Parameters:
  ///   - viewer: Whose jobs are named; `nil` names all.
  ///   - worker: Only this one; `nil` for all.
  public func workers(viewer: UserID?, worker: WorkerID? = nil) async throws -> [WorkerRecord] {
    let rows = try await pool.pipeline([
      """
      SELECT id, pools, concurrency, busy, host, pid, version, started_at, seen_at,
        is_draining OR drain_at IS NOT NULL AS is_draining,
        seen_at < now() - interval '15 s' AS is_lost
      FROM workers WHERE \(worker?.uuid)::uuid IS NULL OR id = \(worker?.uuid)
      ORDER BY started_at, id
      """,
      """
      SELECT id, worker_id, job_id, user_id, target, priority, started_at FROM steps
      WHERE state = 3 AND (\(worker?.uuid)::uuid IS NULL OR worker_id = \(worker?.uuid))
      ORDER BY started_at, id
      """,
    ])
    let steps = try Dictionary(grouping: rows[1]) {
      WorkerID(try $0.decode("worker_id", as: UUID.self))
    }
    return try rows[0].map { row in
      let id = WorkerID(try row.decode("id", as: UUID.self))
      return try record(row, id, try (steps[id] ?? []).map { try step($0, viewer: viewer) })
    }
  }

  /// What the tables that grow take.
  public func tableSizes() async throws -> [TableSize] {
    try await pool.query(TableSize.all).map(TableSize.init)
  }

  /// How many schedules have paused by themselves, by why.
  public func stoppedSchedules() async throws -> [String: Int] {
    let rows = try await pool.query(ScheduleStatements.stopped)
    return Dictionary(
      try rows.map { row in
        (
          try row.decode("reason", as: String.self), Int(try row.decode("count", as: Int64.self))
        )
      }
    ) { $1 }
  }

  /// What the last search for orphans has told.
  public func reconciler() async throws -> ReconcilerReport {
    guard let row = try await pool.query(OrphanStatements.report).first else {
      return ReconcilerReport()
    }
    return ReconcilerReport(
      sweep: ReconcilerReport.Sweep(
        lookedAt: Int(try row.decode("looked_at", as: Int64.self)),
        orphans: Int(try row.decode("orphans", as: Int64.self)),
        jobs: try row.decode("orphan_jobs", as: [UUID].self).map(JobID.init),
        endedAt: try row.decode("swept_at", as: Date.self)))
  }

  private func record(
    _ row: Row, _ id: WorkerID, _ steps: [WorkerRecord.RunningStep]
  ) throws -> WorkerRecord {
    let isLost = try row.decode("is_lost", as: Bool.self)
    let isDraining = try row.decode("is_draining", as: Bool.self)
    return WorkerRecord(
      id: id, state: isLost ? .lost : isDraining ? .draining : .running,
      pools: try row.decode("pools", as: [String].self).compactMap { Pool($0) },
      slots: Int(try row.decode("concurrency", as: Int32.self)),
      busy: max(steps.count, isLost ? 0 : Int(try row.decode("busy", as: Int32.self))),
      host: try row.decode("host", as: String.self),
      pid: Int(try row.decode("pid", as: Int32.self)),
      version: try row.decode("version", as: String.self),
      startedAt: try row.decode("started_at", as: Date.self),
      seenAt: try row.decode("seen_at", as: Date.self), steps: steps)
  }

  private func step(_ row: Row, viewer: UserID?) throws -> WorkerRecord.RunningStep {
    let owner = UserID(try row.decode("user_id", as: UUID.self))
    let isVisible = viewer.map { $0 == owner } ?? true
    return WorkerRecord.RunningStep(
      step: StepID(try row.decode("id", as: UUID.self)),
      job: isVisible ? JobID(try row.decode("job_id", as: UUID.self)) : nil,
      target: try row.target("target"), priority: try row.stored("priority"),
      startedAt: try row.decode("started_at", as: Date.self))
  }
}
