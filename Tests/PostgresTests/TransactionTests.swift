import Postgres
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct TransactionTests {
  private struct Refused: Error {}

  private func count(_ table: SQL, _ pool: PostgresPool) async throws -> Int {
    try await pool.query("SELECT count(*) AS n FROM \(table)")[0].decode("n")
  }

  @Test func bodyThatReturnsIsCommittedAndBodyThatThrowsIsRolledBack() async throws {
    try await withPool({ $0.maximumConnections = 1 }) { pool in
      try await withTable(pool, "n int") { table in
        try await pool.transaction { try await $0.execute("INSERT INTO \(table) VALUES (1)") }
        await #expect(throws: Refused.self) {
          try await pool.transaction { transaction in
            try await transaction.execute("INSERT INTO \(table) VALUES (2)")
            throw Refused()
          }
        }
        try await pool.transaction { _ in }
        #expect(try await count(table, pool) == 1)
      }
    }
  }

  @Test func commitAfterStatementsEndsTheTransaction() async throws {
    try await withPool({ $0.maximumConnections = 1 }) { pool in
      try await withTable(pool, "n int PRIMARY KEY") { table in
        await #expect(throws: Refused.self) {
          try await pool.transaction { transaction in
            try await transaction.pipeline(["SELECT 1", "INSERT INTO \(table) VALUES (1)"])
            let rows = try await transaction.commit(after: [
              "INSERT INTO \(table) VALUES (2) RETURNING n", "INSERT INTO \(table) VALUES (3)",
            ])
            #expect(try rows[0][0].decode("n", as: Int.self) == 2)
            let late = try await postgresError { try await transaction.execute("SELECT 1") }
            #expect(late.code == .badArgument)
            throw Refused()
          }
        }
        #expect(try await count(table, pool) == 3)
        let error = try await postgresError {
          _ = try await pool.transaction { transaction in
            try await transaction.commit(after: [
              "INSERT INTO \(table) VALUES (4)", "INSERT INTO \(table) VALUES (1)",
            ])
          }
        }
        #expect(error.code == .uniqueViolation && error.statementIndex == 1)
        #expect(try await count(table, pool) == 3)
      }
    }
  }

  @Test func errorSwallowedByTheBodyIsThrownAtTheEnd() async throws {
    try await withPool { pool in
      try await withTable(pool, "n int") { table in
        let error = try await postgresError {
          try await pool.transaction { transaction in
            try await transaction.execute("INSERT INTO \(table) VALUES (1)")
            let first = try await postgresError { _ = try await transaction.query("SELECT 1/0") }
            #expect(first.message == "division_by_zero")
            let second = try await postgresError { _ = try await transaction.query("SELECT 1") }
            #expect(second.code == .transactionAborted)
          }
        }
        #expect(error.sqlState == "22012")
        #expect(try await count(table, pool) == 0)
      }
    }
  }

  @Test func deadlockIsRetriedUntilBothAreThrough() async throws {
    try await withPool { pool in
      try await withTable(pool, "id int PRIMARY KEY, n int") { table in
        try await pool.execute("INSERT INTO \(table) VALUES (1, 0), (2, 0)")
        let runs = Counter()
        let barrier = Barrier(2)
        try await withThrowingTaskGroup(of: Void.self) { group in
          for (first, second) in [(1, 2), (2, 1)] {
            let own = Counter()
            group.addTask {
              try await pool.transaction { transaction in
                runs.increment()
                try await transaction.execute("UPDATE \(table) SET n = n + 1 WHERE id = \(first)")
                if own.increment() == 1 {
                  await barrier.arrive()
                }
                try await transaction.execute("UPDATE \(table) SET n = n + 1 WHERE id = \(second)")
              }
            }
          }
          try await group.waitForAll()
        }
        #expect(runs.value >= 3)
        let rows = try await pool.query("SELECT n FROM \(table)")
        #expect(try rows.map { try $0.decode("n", as: Int.self) } == [2, 2])
      }
    }
  }

  @Test func serializationFailureIsRetriedWithAFreshSnapshot() async throws {
    try await withPool { pool in
      try await withTable(pool, "n int") { table in
        try await pool.execute("INSERT INTO \(table) VALUES (0)")
        let runs = Counter()
        try await pool.transaction(isolation: .repeatableRead) { transaction in
          _ = try await transaction.query("SELECT n FROM \(table)")
          if runs.increment() == 1 {
            try await pool.execute("UPDATE \(table) SET n = n + 10")
          }
          try await transaction.execute("UPDATE \(table) SET n = n + 1")
        }
        #expect(runs.value == 2)
        #expect(try await pool.query("SELECT n FROM \(table)")[0].decode("n", as: Int.self) == 11)
      }
    }
  }

  @Test func retriesAreBounded() async throws {
    try await withPool { pool in
      let runs = Counter()
      let error = try await postgresError {
        try await pool.transaction(attempts: 3) { transaction in
          runs.increment()
          try await transaction.script("DO $$ BEGIN RAISE SQLSTATE '40001'; END $$")
        }
      }
      #expect(error.code == .serializationFailure && error.isRetryable)
      #expect(runs.value == 3)
    }
  }

  @Test func linkCutAfterCommitLeavesTheOutcomeUnknownAndIsNotRetried() async throws {
    try await withPool { direct in
      try await withTable(direct, "n int") { table in
        try await withProxy { proxy, url in
          try await withPool(url: url) { pool in
            let runs = Counter()
            let error = try await postgresError {
              try await pool.transaction { transaction in
                runs.increment()
                try await transaction.execute("INSERT INTO \(table) VALUES (1)")
                proxy.cutCommits([.other: 1])
                try await transaction.commit(after: ["INSERT INTO \(table) VALUES (2)"])
              }
            }
            #expect(error.code == .commitUnknown && !error.isRetryable)
            #expect(runs.value == 1)
            #expect(try await count(table, direct) == 2)
            proxy.cutCommits([:])
            #expect(try await count(table, pool) == 2)
          }
        }
      }
    }
  }

  @Test func sessionTerminatedBeforeCommitIsALostConnectionAndNothingStays() async throws {
    try await withPool { other in
      try await withTable(other, "n int") { table in
        try await withPool { pool in
          let error = try await postgresError {
            try await pool.transaction { transaction in
              let rows = try await transaction.pipeline([
                "INSERT INTO \(table) VALUES (1)", "SELECT pg_backend_pid() AS pid",
              ])
              try await terminate(try rows[1][0].decode("pid"), by: other)
              try await transaction.execute("INSERT INTO \(table) VALUES (2)")
            }
          }
          #expect(error.code == .connectionLost && error.isRetryable)
          #expect(try await count(table, pool) == 0)
        }
      }
    }
  }

  @Test func secondCallAtTheSameTimeIsRefused() async throws {
    let name = randomName()
    try await withPool { other in
      try await withPool(named: name) { pool in
        let work = Task {
          try await pool.transaction { transaction in
            async let long = transaction.query("SELECT pg_sleep(60)")
            let pid = try await sleepingBackend(name, other)
            let error = try await postgresError { _ = try await transaction.query("SELECT 1") }
            #expect(error.code == .badArgument)
            _ = try await other.query("SELECT pg_cancel_backend(\(Int32(pid)))")
            _ = try await long
          }
        }
        let error = try await postgresError { try await work.value }
        #expect(error.sqlState == "57014")
      }
    }
  }
}
