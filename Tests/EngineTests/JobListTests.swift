import Foundation
import Jobs
import Postgres
import Storage
import Testing

@testable import Engine

/// Which jobs a listing finds.
@Suite(.timeLimit(.minutes(2))) struct JobListTests {
  @Test func eachStateFindsTheJobsThatAreShownInIt() async throws {
    try await EngineBench.with { bench in
      var jobs: [JobState: JobID] = [:]
      jobs[.failed] = try await bench.dead("x")
      jobs[.succeeded] = try await bench.acceptedID()
      _ = try await bench.finisher.finish(try await bench.claimDue(), .finished("ok"))
      let (waiting, child) = try await bench.delegated()
      jobs[.waiting] = waiting
      jobs[.running] = try await bench.acceptedID()
      _ = try await bench.claimDue()
      jobs[.scheduled] = try await bench.acceptedID(options: .later)
      let cancelled = try await bench.acceptedID()
      _ = try await bench.canceller.cancel(cancelled, by: bench.principal)
      jobs[.cancelled] = cancelled
      for (state, job) in jobs {
        #expect(try await bench.listed { $0.states = [state] } == [job], "\(state)")
      }
      #expect(try await bench.listed { $0.states = [.queued] } == [child])
      #expect(try await bench.listed { $0.states = [.expired] }.isEmpty)
      let mixed = [jobs[.failed], jobs[.running], jobs[.cancelled]].compactMap { $0 }
      #expect(
        try await bench.listed { $0.states = [.running, .failed, .cancelled] }
          == mixed.sorted(by: >))
      let all = try await bench.listed { $0.states = JobState.allCases }
      #expect(all.count == 7)
    }
  }

  @Test func pagesOfSeveralStatesFollowEachOther() async throws {
    try await EngineBench.with { bench in
      var jobs: [JobID] = []
      for number in 0..<6 {
        jobs.append(
          number % 2 == 0
            ? try await bench.dead("x") : try await bench.acceptedID(options: .later))
      }
      var seen: [JobID] = []
      while true {
        let page = try await bench.listed { filter in
          filter.states = [.failed, .scheduled]
          filter.limit = 2
          filter.before = seen.last
        }
        guard !page.isEmpty else { break }
        seen += page
      }
      #expect(seen == jobs.reversed())
    }
  }

  @Test func jobsOfAnotherUserAreNeverListed() async throws {
    try await EngineBench.with { bench in
      let other = try await bench.principal(named: "other")
      _ = try await bench.acceptedID(by: other)
      for states in [[], [JobState.queued], [.failed, .running]] {
        #expect(try await bench.listed { $0.states = states }.isEmpty)
      }
    }
  }

  @Test func aSessionAPriorityAKeyAndARetryAreFound() async throws {
    try await EngineBench.with { bench in
      var options = JobOptions()
      options.session = SessionName("s")
      options.uniqueness = Uniqueness(key: "k%_ k", scope: .session)
      let first = try await bench.acceptedID(options: options)
      options = JobOptions()
      options.uniqueness = Uniqueness(key: "k%_ k", scope: .target)
      let second = try await bench.acceptedID(options: options)
      options.uniqueness = Uniqueness(key: "k", scope: .user)
      let third = try await bench.acceptedID(options: options)
      guard case .stored(let high, _) = try await bench.accept(priority: .high),
        case .stored(let again, _) = try await bench.acceptor.accept(
          JobRequest(target: .agent("main"), input: "x", priority: .low), by: bench.principal,
          requestHash: [], retryOf: first)
      else { throw EngineBench.NotStored() }
      #expect(try await bench.listed { $0.session = SessionName("s") } == [first])
      #expect(try await bench.listed { $0.uniqueKey = "k%_ k" } == [second, first])
      #expect(try await bench.listed { $0.uniqueKey = "k" } == [third])
      #expect(try await bench.listed { $0.priority = .high } == [high])
      #expect(try await bench.listed { $0.retryOf = first } == [again])
      let none = try await bench.listed { filter in
        filter.session = SessionName("s")
        filter.priority = .low
      }
      #expect(none.isEmpty)
    }
  }

  @Test func timesBoundWhatWasStored() async throws {
    try await EngineBench.with { bench in
      var made: [(id: JobID, at: Date)] = []
      for _ in 0..<3 {
        guard case .stored(let id, let date) = try await bench.accept() else { continue }
        made.append((id, date))
      }
      // From the second one on, which is in the first part and not in the second.
      let second = made[1].at
      #expect(try await bench.listed { $0.createdAfter = second } == [made[2].id, made[1].id])
      #expect(try await bench.listed { $0.createdBefore = second } == [made[0].id])
      let long = Date(timeIntervalSince1970: -1e9)
      #expect(try await bench.listed { $0.createdAfter = long }.count == 3)
      #expect(try await bench.listed { $0.createdBefore = long }.isEmpty)
    }
  }

  @Test func jobsThatTellWebhooksAreLeftOutUnlessTheyAreAskedFor() async throws {
    try await EngineBench.with { bench in
      let job = try await bench.acceptedID()
      let delivery = try await bench.acceptedID(.webhookDelivery)
      #expect(try await bench.listed { _ in } == [job])
      #expect(try await bench.listed { $0.states = [.queued] } == [job])
      #expect(try await bench.listed { $0.includesInternal = true } == [delivery, job])
      #expect(try await bench.listed { $0.target = .webhookDelivery } == [delivery])
    }
  }

  /// An index on a column that the end of a job changes would take each such update off its page.
  @Test func noIndexNamesWhatTheEndOfAJobChanges() async throws {
    try await EngineBench.with { bench in
      let named = try await bench.count(
        """
        pg_depend JOIN pg_index ON pg_depend.objid = pg_index.indexrelid
          JOIN pg_attribute ON attrelid = refobjid AND attnum = refobjsubid
        WHERE refobjid = 'jobs'::regclass AND attname IN ('state', 'open', 'next_index', 'last_seq',
          'started_at', 'finished_at', 'result', 'error', 'priority', 'delegations')
        """)
      #expect(named == 0)
    }
  }

  @Test func stepsArePagedByTheLastOneSeen() async throws {
    try await EngineBench.with { bench in
      let (job, _) = try await bench.delegated()
      let all = try #require(try await bench.reader.steps(of: job, user: bench.principal.user))
      let rest = try await bench.reader.steps(
        of: job, user: bench.principal.user, after: all[0].id, limit: 5)
      #expect(all.count == 2 && rest?.map(\.index) == [1])
      let end = try await bench.reader.steps(
        of: job, user: bench.principal.user, after: all[1].id, limit: 5)
      #expect(end == [])
    }
  }

  @Test func aTreeThatIsCutSaysSo() async throws {
    try await EngineBench.with { bench in
      let root = try await bench.acceptedID()
      try await bench.addChildren(999, to: root)
      let whole = try await bench.reader.tree(of: root, user: bench.principal.user)
      #expect(whole.jobs.count == 1000 && !whole.isTruncated)
      try await bench.addChildren(1, to: root)
      let cut = try await bench.reader.tree(of: root, user: bench.principal.user)
      #expect(cut.jobs.count == 1000 && cut.isTruncated)
    }
  }
}

extension JobOptions {
  /// Starts in a minute.
  fileprivate static var later: JobOptions {
    var options = JobOptions()
    options.start = .after(.seconds(60))
    return options
  }
}

extension EngineBench {
  /// Makes jobs that are over, below another one.
  fileprivate func addChildren(_ count: Int64, to root: JobID) async throws {
    _ = try await pool.execute(
      """
      INSERT INTO jobs (id, user_id, token_id, root_id, parent_id, target, priority, state, open,
        next_index, last_seq, grants, reply_key, request_hash, input, created_at, finished_at)
      SELECT gen_random_uuid(), user_id, token_id, id, id, target, priority, 4, 0, 1, 1, grants,
        reply_key, '', input, now(), now() FROM jobs, generate_series(1, \(count))
      WHERE id = \(root.uuid)
      """)
  }

  /// The ids that a listing answers.
  fileprivate func listed(_ change: (inout JobFilter) -> Void) async throws -> [JobID] {
    var filter = JobFilter()
    change(&filter)
    return try await reader.jobs(filter, of: principal.user).map(\.id)
  }
}
