import Postgres
import Testing

/// What a failure says about the database and the program.
@Suite(.timeLimit(.minutes(1))) struct CauseTests {
  @Test func theServersErrorsTellWhoseFaultTheyAre() async throws {
    try await withPool { pool in
      let statements: [(SQL, PostgresError.Cause)] = [
        ("SELECT 1 AS n FROM no_such_table", .outdatedSchema),
        ("SELECT no_such_column FROM pg_class", .outdatedSchema),
        ("SELECT no_such_function(1) AS n", .outdatedSchema),
        ("SELECT nonsense FROM", .defect), ("SELECT 1 / 0 AS n", .defect),
        ("SELECT 'x'::int AS n", .defect),
        ("SELECT pg_terminate_backend(pg_backend_pid()) AS n", .unavailable),
      ]
      for (statement, cause) in statements {
        let error = try await postgresError { _ = try await pool.query(statement) }
        #expect(error.cause == cause, "\(error)")
      }
    }
  }

  @Test func whatMayWorkLaterIsNoDefect() {
    let passing: [PostgresError.Code] = [
      .connectFailed, .connectionLost, .commitUnknown, .poolTimeout, .poolClosed,
      .statementTimeout, .lockTimeout, .serializationFailure, .deadlock, .planInvalidated,
      .cancelled,
    ]
    for code in passing {
      #expect(PostgresError(code: code, message: "").cause == .unavailable, "\(code)")
    }
    let lasting: [PostgresError.Code] = [
      .badArgument, .decoding, .uniqueViolation, .checkViolation, .foreignKeyViolation,
      .notNullViolation, .transactionAborted, .migration, .server,
    ]
    for code in lasting {
      #expect(PostgresError(code: code, message: "").cause == .defect, "\(code)")
    }
    for (state, cause) in [
      ("53100", PostgresError.Cause.unavailable), ("25006", .unavailable), ("58030", .unavailable),
      ("3F000", .outdatedSchema), ("XX000", .defect), ("54000", .defect),
    ] {
      let error = PostgresError(code: .server, message: "", sqlState: state)
      #expect(error.cause == cause, "\(state)")
    }
  }
}
