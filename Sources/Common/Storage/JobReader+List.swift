import FoundationEssentials
public import Jobs
import Postgres

extension JobReader {
  /// The user's jobs that match, newest first, without their inputs (`null`) and results.
  ///
  /// What is rare among many jobs is looked up and not walked to: a session, a batch, a unique key,
  /// what does a job again, jobs that have ended without succeeding, and, up to
  /// ``liveLimit`` live steps, jobs that are not over.
  public func jobs(_ filter: JobFilter, of user: UserID) async throws -> [JobRecord] {
    var conditions = Self.conditions(filter, of: user)
    if !filter.states.isEmpty {
      let states = filter.states.map(\.rawValue)
      conditions += " AND \(Self.shownState) = ANY(\(states))"
    }
    if let found = try await candidates(filter, of: user) {
      guard !found.isEmpty else { return [] }
      conditions += " AND job.id = ANY(\(found))"
    }
    let rest: SQL = "WHERE \(conditions) ORDER BY job.id DESC LIMIT \(Int64(filter.limit))"
    return try await pool.query(Self.summary + rest).map(record)
  }

  /// The most live steps of a user that a list of live jobs gathers; with more of them it walks,
  /// and meets some soon.
  static let liveLimit: Int64 = 10_000
  /// How far a job's id, which its maker's clock has made, may be from the time at which the
  /// database has stored it.
  private static let skew = Duration.seconds(60)

  /// All that a filter asks for but the state.
  private static func conditions(_ filter: JobFilter, of user: UserID) -> SQL {
    var conditions: SQL = "job.user_id = \(user.uuid)"
    if let before = filter.before { conditions += " AND job.id < \(before.uuid)" }
    if let target = filter.target {
      conditions += " AND job.target = \(target.description)"
    } else if !filter.includesInternal {
      conditions += " AND job.target <> \(Target.webhookDelivery.description)"
    }
    if let batch = filter.batch { conditions += " AND job.batch_id = \(batch.uuid)" }
    if let session = filter.session {
      conditions += " AND job.session = \(session.description)"
    }
    if let priority = filter.priority {
      conditions += " AND job.priority = \(priority.rawValue)"
    }
    if let old = filter.retryOf { conditions += " AND job.retry_of = \(old.uuid)" }
    if let date = filter.createdAfter {
      conditions += " AND job.created_at >= \(date)"
      conditions += " AND job.id >= uuid_at(\(bound(date - skew / .seconds(1))))"
    }
    if let date = filter.createdBefore {
      conditions += " AND job.created_at < \(date)"
      conditions += " AND job.id < uuid_at(\(bound(date + skew / .seconds(1))))"
    }
    return conditions
  }

  /// A UUIDv7 has no time before 1970.
  private static func bound(_ date: Date) -> Date { max(date, Date(timeIntervalSince1970: 0)) }

  /// Ids among which all jobs of a page are; `nil` when they are to be found by walking.
  private func candidates(_ filter: JobFilter, of user: UserID) async throws -> [UUID]? {
    if let key = filter.uniqueKey {
      return try await pool.query(Self.holders(of: key, user))
        .map { try $0.decode("id", as: UUID.self) }
    }
    let isSelective = filter.batch != nil || filter.session != nil || filter.retryOf != nil
    // Most jobs succeed, so that one is never far.
    guard !filter.states.isEmpty, !filter.states.contains(.succeeded), !isSelective else {
      return nil
    }
    let live = filter.states.contains { !$0.isFinal }
    let ended = filter.states.filter(\.isFinal).map { Self.ended(as: $0, filter, of: user) }
    // Live ones first: one that ends between the two statements is then found twice, not never.
    let rows = try await pool.pipeline((live ? [Self.live(of: user)] : []) + ended)
    var found = try rows.dropFirst(live ? 1 : 0).joined()
      .map { try $0.decode("id", as: UUID.self) }
    if live, let row = rows.first?.first {
      guard try row.decode("seen", as: Int64.self) <= Self.liveLimit else { return nil }
      found += try row.decode("jobs", as: [UUID].self)
    }
    return found
  }

  /// The jobs of a user that hold a unique key, in any scope; those that hold one are few, as they
  /// are live or in their period. Column: `id`.
  private static func holders(of key: String, _ user: UserID) -> SQL {
    """
    SELECT id FROM jobs WHERE user_id = \(user.uuid) AND unique_key IS NOT NULL AND unique_key IN (
      'user ' || \(key)::text, 'target ' || target || ' ' || \(key)::text,
      'session ' || coalesce(session, '') || ' ' || \(key)::text)
    """
  }

  /// The newest jobs that have ended so and match. Column: `id`.
  private static func ended(as state: JobState, _ filter: JobFilter, of user: UserID) -> SQL {
    """
    SELECT job.id FROM jobs AS job
    WHERE \(conditions(filter, of: user)) AND job.unsuccessful_state = \(state.rawValue)
    ORDER BY job.id DESC LIMIT \(Int64(filter.limit))
    """
  }

  /// The user's jobs with a step that is not over, and those that are known to be stuck without
  /// one. Columns: `seen, jobs`: how many steps there were, counted up to ``liveLimit`` or a little
  /// more, and the jobs of these.
  private static func live(of user: UserID) -> SQL {
    """
    WITH seen AS MATERIALIZED (
      (SELECT job_id, user_id FROM steps
        WHERE user_id = \(user.uuid) AND state IN (1, 3) AND NOT is_suspect
        LIMIT \(liveLimit + 1))
      UNION ALL
      (SELECT job_id, user_id FROM steps WHERE user_id = \(user.uuid) AND state IN (0, 2)
        LIMIT \(liveLimit + 1))
      UNION ALL
      (SELECT job_id, user_id FROM steps WHERE state = 1 AND is_suspect LIMIT \(liveLimit + 1))
      UNION ALL
      (SELECT job_id, user_id FROM steps WHERE state = 3 AND is_suspect LIMIT \(liveLimit + 1))
    )
    SELECT (SELECT count(*) FROM seen) AS seen, ARRAY(
      SELECT job_id FROM seen WHERE user_id = \(user.uuid)
      UNION SELECT unnest(orphan_jobs) FROM orphan_sweep) AS jobs
    """
  }
}
