import Postgres
import ServiceLifecycle
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct PoolTests {
  @Test func thousandConcurrentQueriesGoThroughFourConnections() async throws {
    try await withPool({ $0.acquireTimeout = .seconds(30) }) { pool in
      let sum = try await withThrowingTaskGroup(of: Int.self) { group in
        for number in 1...1000 {
          group.addTask {
            try await pool.query("SELECT \(number) AS n")[0].decode("n", as: Int.self)
          }
        }
        return try await group.reduce(0, +)
      }
      #expect(sum == 500_500)
      #expect(pool.statistics.open == 4)
      #expect(pool.statistics.idle == 4)
      #expect(pool.statistics.waiting == 0)
    }
  }

  @Test func exhaustedPoolTimesOut() async throws {
    try await withPool {
      $0.maximumConnections = 1
      $0.acquireTimeout = .milliseconds(50)
    } _: { pool in
      try await pool.transaction { transaction in
        _ = try await transaction.query("SELECT 1 AS one")
        let error = try await postgresError { _ = try await pool.query("SELECT 1") }
        #expect(error.code == .poolTimeout)
        #expect(error.isRetryable)
      }
      #expect(try await pool.query("SELECT 1 AS one").count == 1)
      #expect(pool.statistics.waiting == 0)
    }
  }

  @Test func cancelledWaiterLeavesTheQueue() async throws {
    try await withPool({ $0.maximumConnections = 1 }) { pool in
      try await pool.transaction { _ in
        let waiter = Task { try await pool.query("SELECT 1") }
        try await eventually { pool.statistics.waiting == 1 }
        waiter.cancel()
        let error = try await postgresError { _ = try await waiter.value }
        #expect(error.code == .cancelled)
        #expect(pool.statistics.waiting == 0)
      }
    }
  }

  @Test func shutdownTurnsWaitersAwayAndLetsUsersFinish() async throws {
    try await withPool({ $0.maximumConnections = 1 }) { pool in
      try await pool.transaction { transaction in
        let waiter = Task { try await pool.query("SELECT 1") }
        try await eventually { pool.statistics.waiting == 1 }
        await pool.shutdown()
        let error = try await postgresError { _ = try await waiter.value }
        #expect(error.code == .poolClosed)
        #expect(try await transaction.query("SELECT 1 AS one").count == 1)
      }
      #expect(pool.statistics.open == 0)
      let late = try await postgresError { _ = try await pool.query("SELECT 1") }
      #expect(late.code == .poolClosed)
    }
  }

  @Test func cancelledServiceClosesThePool() async throws {
    try await withPool { pool in
      let service = Task { try await pool.run() }
      #expect(try await pool.query("SELECT 1 AS one").count == 1)
      service.cancel()
      try await service.value
      #expect(pool.statistics.open == 0)
    }
  }

  @Test func connectionThatBrokeWhileIdleIsReplaced() async throws {
    try await withPool { other in
      try await withPool({ $0.maximumConnections = 1 }) { pool in
        let victim = try await backend(of: pool)
        try await terminate(victim, by: other)
        #expect(try await backend(of: pool) != victim)
        #expect(pool.statistics.open == 1)
      }
    }
  }

  @Test func connectionThatBrokeWhileIdleIsReplacedForTransactions() async throws {
    try await withPool { other in
      try await withPool({ $0.maximumConnections = 1 }) { pool in
        try await terminate(try await backend(of: pool), by: other)
        let one = try await pool.transaction { try await $0.query("SELECT 1 AS one") }
        #expect(one.count == 1)
      }
    }
  }

  @Test func sessionTerminatedInFlightIsALostConnectionAndTheNextQueryWorks() async throws {
    let name = randomName()
    try await withPool { other in
      try await withPool({ $0.maximumConnections = 1 }, named: name) { pool in
        let sleeper = Task { try await pool.query("SELECT pg_sleep(60)") }
        let victim = try await sleepingBackend(name, other)
        try await terminate(victim, by: other)
        let error = try await postgresError { _ = try await sleeper.value }
        #expect(error.code == .connectionLost)
        #expect(error.sqlState == "57P01")
        #expect(error.isRetryable)
        #expect(try await backend(of: pool) != victim)
      }
    }
  }

  @Test func refusedConnectionIsConnectFailedWithoutThePassword() async throws {
    try await withPool(url: "postgres://me:s3cret@127.0.0.1:1/none") { pool in
      let error = try await postgresError { _ = try await pool.query("SELECT 1") }
      #expect(error.code == .connectFailed)
      #expect(error.isRetryable)
      #expect(!error.debugDescription.contains("s3cret"))
      #expect(pool.statistics.open == 0)
    }
  }

  @Test func silentServerIsGivenUpAfterTheConnectTimeout() async throws {
    try await withProxy { proxy, url in
      proxy.set(.blackHole)
      try await withPool({ $0.connectTimeout = .milliseconds(100) }, url: url) { pool in
        let error = try await postgresError { _ = try await pool.query("SELECT 1") }
        #expect(error.code == .connectFailed)
      }
    }
  }
}

func backend(of pool: PostgresPool) async throws -> Int {
  try await pool.query("SELECT pg_backend_pid() AS pid")[0].decode("pid")
}

/// Ends a session and waits until it is gone.
func terminate(_ pid: Int, by pool: PostgresPool) async throws {
  _ = try await pool.query("SELECT pg_terminate_backend(\(Int32(pid)), 10000)")
}

/// The backend that runs `pg_sleep` under an application name, as soon as there is one.
func sleepingBackend(_ name: String, _ pool: PostgresPool) async throws -> Int {
  while true {
    let rows = try await pool.query(
      """
      SELECT pid FROM pg_stat_activity
      WHERE application_name = \(name) AND state = 'active' AND query LIKE '%pg_sleep%'
      """)
    if let row = rows.first { return try row.decode("pid") }
  }
}
