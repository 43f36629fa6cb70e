import Postgres
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct CallTests {
  @Test func pipelineIsAllOrNothingAndNamesTheStatementThatFailed() async throws {
    try await withPool({ $0.maximumConnections = 1 }) { pool in
      try await withTable(pool, "n int PRIMARY KEY") { table in
        let error = try await postgresError {
          try await pool.pipeline([
            "INSERT INTO \(table) VALUES (\(Int32(1)))", "INSERT INTO \(table) VALUES (2)",
            "INSERT INTO \(table) VALUES (\(Int32(1)))", "INSERT INTO \(table) VALUES (3)",
          ])
        }
        #expect(error.code == .uniqueViolation)
        #expect(error.statementIndex == 2)
        #expect(error.constraint?.hasSuffix("_pkey") == true)
        #expect(error.table == table.text)
        let rows = try await pool.pipeline([
          "SELECT count(*) AS n FROM \(table)", "INSERT INTO \(table) VALUES (9) RETURNING n",
        ])
        #expect(try rows[0][0].decode("n", as: Int.self) == 0)
        #expect(try rows[1][0].decode("n", as: Int.self) == 9)
      }
    }
  }

  @Test func statementThatDoesNotParseLeavesThePipelineUsable() async throws {
    try await withPool({ $0.maximumConnections = 1 }) { pool in
      for _ in 1...3 {
        let error = try await postgresError {
          try await pool.pipeline(["SELECT 1", "SELECT nonsense FROM", "SELECT 2 AS two"])
        }
        #expect(error.sqlState == "42601")
        #expect(error.message == "syntax_error")
        #expect(error.statementIndex == 1)
        #expect(try await pool.query("SELECT 2 AS two").count == 1)
      }
      #expect(pool.statistics.open == 1)
    }
  }

  @Test func affectedRowsAreCounted() async throws {
    try await withPool { pool in
      try await withTable(pool, "n int") { table in
        let inserted = try await pool.execute("INSERT INTO \(table) SELECT generate_series(1, 7)")
        #expect(inserted == 7)
        #expect(try await pool.execute("DELETE FROM \(table) WHERE n > \(5)") == 2)
        #expect(try await pool.query("SELECT * FROM \(table) WHERE n > 100").isEmpty)
      }
    }
  }

  @Test func errorTextHoldsNoValues() async throws {
    try await withPool { pool in
      try await withTable(pool, "name text PRIMARY KEY, CHECK (name <> 'bad')") { table in
        try await pool.execute("INSERT INTO \(table) VALUES ('s3cret')")
        let unique = try await postgresError {
          try await pool.execute("INSERT INTO \(table) VALUES (\("s3cret"))")
        }
        #expect(unique.code == .uniqueViolation)
        #expect(!"\(unique)".contains("s3cret") && unique.debugDescription.contains("s3cret"))
        let check = try await postgresError {
          try await pool.execute("INSERT INTO \(table) VALUES (\("bad"))")
        }
        #expect(check.code == .checkViolation && check.constraint != nil)
        let cast = try await postgresError { _ = try await pool.query("SELECT \("s3cret")::int") }
        #expect(cast.message == "invalid_text_representation" && !"\(cast)".contains("s3cret"))
        #expect(cast.file.hasSuffix("CallTests.swift"))
      }
    }
  }

  @Test func statementTimeoutKeepsTheConnection() async throws {
    try await withPool {
      $0.maximumConnections = 1
      $0.statementTimeout = .milliseconds(50)
    } _: { pool in
      let before = try await backend(of: pool)
      let error = try await postgresError { _ = try await pool.query("SELECT pg_sleep(60)") }
      #expect(error.code == .statementTimeout)
      #expect(try await backend(of: pool) == before)
    }
  }

  @Test func cancelledTaskFreesItsStatementQuickly() async throws {
    let name = randomName()
    try await withPool { other in
      try await withPool({ $0.maximumConnections = 1 }, named: name) { pool in
        let sleeper = Task { try await pool.query("SELECT pg_sleep(60)") }
        let pid = try await sleepingBackend(name, other)
        let started = ContinuousClock.now
        sleeper.cancel()
        let error = try await postgresError { _ = try await sleeper.value }
        #expect(error.code == .cancelled)
        #expect(ContinuousClock.now - started < .seconds(20))
        try await eventually {
          try await other.query(
            "SELECT FROM pg_stat_activity WHERE pid = \(Int32(pid)) AND state = 'active'"
          ).isEmpty
        }
        #expect(try await backend(of: pool) == pid)
      }
    }
  }

  @Test func cancelledTransactionRollsBackAndKeepsTheConnection() async throws {
    let name = randomName()
    try await withPool { other in
      try await withPool({ $0.maximumConnections = 1 }, named: name) { pool in
        try await withTable(pool, "n int") { table in
          let work = Task {
            try await pool.transaction { transaction in
              try await transaction.execute("INSERT INTO \(table) VALUES (1)")
              _ = try await transaction.query("SELECT pg_sleep(60)")
            }
          }
          let pid = try await sleepingBackend(name, other)
          work.cancel()
          let error = try await postgresError { try await work.value }
          #expect(error.code == .cancelled)
          #expect(try await pool.query("SELECT * FROM \(table)").isEmpty)
          #expect(try await backend(of: pool) == pid)
        }
      }
    }
  }

  @Test func silentServerIsGivenUpSoonAfterCancellation() async throws {
    try await withProxy { proxy, url in
      try await withPool({ $0.maximumConnections = 1 }, url: url) { pool in
        _ = try await backend(of: pool)
        proxy.set(.stall)
        let call = Task { try await pool.query("SELECT 1") }
        call.cancel()
        let started = ContinuousClock.now
        let error = try await postgresError { _ = try await call.value }
        #expect([.cancelled, .commitUnknown].contains(error.code))
        #expect(ContinuousClock.now - started < .seconds(8))
        proxy.set(.none)
        #expect(try await pool.query("SELECT 1 AS one").count == 1)
      }
    }
  }

  @Test func changedTableIsPreparedAnew() async throws {
    try await withPool({ $0.maximumConnections = 1 }) { pool in
      try await withTable(pool, "n int") { table in
        _ = try await pool.query("SELECT * FROM \(table)")
        try await pool.execute("ALTER TABLE \(table) ADD COLUMN m int")
        try await pool.execute("INSERT INTO \(table) VALUES (1, 2)")
        #expect(try await pool.query("SELECT * FROM \(table)")[0].columns == ["n", "m"])
        try await pool.execute("ALTER TABLE \(table) ADD COLUMN o int")
        let columns = try await pool.transaction { transaction in
          try await transaction.query("SELECT * FROM \(table)")[0].columns
        }
        #expect(columns == ["n", "m", "o"])
        try await pool.script("DEALLOCATE ALL")
        #expect(try await pool.query("SELECT * FROM \(table)").count == 1)
      }
    }
  }

  @Test func moreStatementsThanTheCacheHoldsAreDropped() async throws {
    try await withPool({ $0.maximumConnections = 1 }) { pool in
      for number in 1...600 {
        let rows = try await pool.query("SELECT \(unsafeRaw: "\(number)") AS n")
        #expect(try rows[0].decode("n", as: Int.self) == number)
      }
      let held = try await pool.query("SELECT count(*) AS n FROM pg_prepared_statements")
      #expect(try held[0].decode("n", as: Int.self) <= 258)
    }
  }

  @Test func scriptRunsSeveralStatementsAsOneTransaction() async throws {
    try await withPool { pool in
      try await withTable(pool, "n int") { table in
        try await pool.script("INSERT INTO \(table.text) VALUES (1); SELECT 1; ; SELECT 2")
        let error = try await postgresError {
          try await pool.script("INSERT INTO \(table.text) VALUES (2); SELECT 1/0;")
        }
        #expect(error.sqlState == "22012")
        #expect(try await pool.query("SELECT * FROM \(table)").count == 1)
        let left = try await postgresError { try await pool.script("BEGIN; SELECT 1") }
        #expect(left.code == .badArgument)
        #expect(try await pool.query("SELECT * FROM \(table)").count == 1)
      }
    }
  }

  @Test func largeValuesGoBothWays() async throws {
    try await withPool { pool in
      let blob = [UInt8](repeating: 0xa5, count: 20_000_000)
      let rows = try await pool.pipeline([
        "SELECT \(blob) AS v", "SELECT length(\(blob)) AS n", "SELECT \(blob) AS v",
      ])
      #expect(try rows[2][0].decode("v", as: [UInt8].self) == blob)
      #expect(try rows[1][0].decode("n", as: Int.self) == blob.count)
    }
  }

  @Test func aWaitForALockEndsBeforeTheStatementWould() async throws {
    try await withPool {
      $0.statementTimeout = .seconds(2)
      $0.lockTimeout = .seconds(2)
    } _: { pool in
      try await withTable(pool, "n int") { table in
        try await pool.transaction { transaction in
          try await transaction.execute("LOCK TABLE \(table)")
          let ended = await #expect(throws: PostgresError.self) {
            try await pool.query("SELECT * FROM \(table)")
          }
          #expect(ended?.code == .lockTimeout)
        }
      }
    }
  }

  @Test func extraSettingsReachTheServer() async throws {
    try await withPool {
      $0.settings = ["enable_seqscan": "off", "search_path": "pg_temp, public"]
      $0.lockTimeout = .seconds(3)
    } _: { pool in
      let row = try await pool.query(
        """
        SELECT current_setting('enable_seqscan') AS a, current_setting('search_path') AS b,
          current_setting('lock_timeout') AS c, current_setting('application_name') AS d
        """)[0]
      #expect(try row.decode("a", as: String.self) == "off")
      #expect(try row.decode("b", as: String.self).contains("public"))
      #expect(try row.decode("c", as: String.self) == "3s")
      #expect(try row.decode("d", as: String.self) == "postgres-tests")
    }
  }
}
