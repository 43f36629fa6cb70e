import FoundationEssentials
import Jobs
import Observability
import Postgres
import Storage
import Synchronization

/// Deletes jobs that have been over for longer than the policy says, whole trees at once.
///
/// Each node walks by itself. Two that meet skip what the other one has locked.
struct ForgetDuty: Duty {
  let name = "forget"
  let interval = Duration.seconds(60)
  let pool: PostgresPool
  let policy: RetentionPolicy
  let metrics: Metrics
  private let place = LockedPlace()
  /// The most trees that one transaction deletes.
  private static let trees = 64
  /// Between two batches, so that an old backlog takes no more than a share of the database.
  private static let pause = Duration.milliseconds(100)

  init(pool: PostgresPool, policy: RetentionPolicy, metrics: Metrics) {
    self.pool = pool
    self.policy = policy
    self.metrics = metrics
  }

  func run() async throws -> Bool {
    guard let jobs = policy.jobs else { return false }
    let position = place.begin(at: .now)
    let walk = try await pool.query(
      RetentionStatements.walk(after: position, keeping: jobs, dead: policy.dead)
    ).first
    guard let walk else { return false }
    let roots = try walk.decode("roots", as: [UUID].self).map(JobID.init)
    for start in stride(from: 0, to: roots.count, by: Self.trees) {
      try await forget(Array(roots[start..<min(start + Self.trees, roots.count)]))
    }
    let isMore = try walk.decode("walked", as: Int64.self) == RetentionStatements.batch
    place.move(to: try walk.decode("last", as: UUID?.self).map(JobID.init), isEnd: !isMore)
    if isMore { try await Task.sleep(for: Self.pause) }
    return isMore
  }

  private func forget(_ roots: [JobID]) async throws {
    let counts = try await pool.transaction { transaction -> Row? in
      let members = try await transaction.query(RetentionStatements.members(of: roots))
        .map(TreeMember.init)
      let locked = try await transaction.query(RetentionStatements.lock(members.map(\.job)))
        .map { JobID(try $0.decode("id", as: UUID.self)) }
      let jobs = TreeMember.whole(members, Set(locked))
      guard !jobs.isEmpty else { return nil }
      return try await transaction.commit(after: [RetentionStatements.forget(jobs)])[0].first
    }
    guard let counts else { return }
    for table in ["jobs", "steps", "effects", "children", "events"] {
      metrics.deleted(Int(try counts.decode(table, as: Int64.self)), from: table)
    }
  }
}

/// A job of a tree that may go.
struct TreeMember: Sendable, Hashable {
  let job: JobID
  let root: JobID

  /// The jobs of the trees of which each job is locked: those that go.
  static func whole(_ members: [TreeMember], _ locked: Set<JobID>) -> [JobID] {
    let cut = Set(members.filter { !locked.contains($0.job) }.map(\.root))
    return members.filter { !cut.contains($0.root) }.map(\.job)
  }
}

extension TreeMember {
  /// Reads one row of `RetentionStatements.members(of:)`.
  fileprivate init(_ row: Row) throws {
    job = JobID(try row.decode("id", as: UUID.self))
    root = JobID(try row.decode("root_id", as: UUID.self))
  }
}

/// How far a walk over old jobs is: a pure decision.
///
/// At the end of a walk it stays there, as only what has become old meanwhile is new. Once an hour it
/// begins anew, for the sake of those that had to stay.
struct RetentionPlace: Sendable {
  static let first = JobID(UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)))

  private var position = Self.first
  private var beganAt: ContinuousClock.Instant?
  private var isAtEnd = false

  /// Behind which job to go on.
  mutating func begin(at now: ContinuousClock.Instant) -> JobID {
    let began = beganAt ?? now
    beganAt = began
    if isAtEnd, now - began >= .seconds(3600) {
      position = Self.first
      beganAt = now
      isAtEnd = false
    }
    return position
  }

  /// - Parameters:
  ///   - last: The last job that was walked over; `nil` for none.
  ///   - isEnd: Whether there are no more that are old.
  mutating func move(to last: JobID?, isEnd: Bool) {
    position = last ?? position
    isAtEnd = isEnd
  }
}

/// A ``RetentionPlace`` that the duty's runs share.
private final class LockedPlace: Sendable {
  private let place = Mutex(RetentionPlace())

  func begin(at now: ContinuousClock.Instant) -> JobID { place.withLock { $0.begin(at: now) } }

  func move(to last: JobID?, isEnd: Bool) {
    place.withLock { $0.move(to: last, isEnd: isEnd) }
  }
}
