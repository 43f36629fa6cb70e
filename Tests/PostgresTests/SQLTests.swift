import FoundationEssentials
import Postgres
import Testing

@Suite struct SQLTests {
  @Test func valuesBecomeNumberedPlaceholders() {
    let sql: SQL =
      "SELECT \(1) + \(2.5), \("x") FROM \(unsafeRaw: "jobs") WHERE \(String?.none) IS NULL"
    #expect(sql.text == "SELECT $1 + $2, $3 FROM jobs WHERE $4 IS NULL")
    #expect(sql.parameterCount == 4)
    #expect("\(sql)" == sql.text)
  }

  @Test func joiningNumbersOn() {
    let many = (1...10).map { SQL("a\($0)") }.reduce(SQL(unsafeRaw: "")) { $0 + $1 }
    #expect(many.text == "a$1a$2a$3a$4a$5a$6a$7a$8a$9a$10")
    let sum = SQL("é \(0) ") + many + " end"
    #expect(sum.text == "é $1 a$2a$3a$4a$5a$6a$7a$8a$9a$10a$11 end")
    let condition: SQL = "id = \(7)"
    let nested: SQL = "WHERE x = \(1) AND (\(condition)) AND y = \(2)"
    #expect(nested.text == "WHERE x = $1 AND (id = $2) AND y = $3")
    #expect(nested.parameterCount == 3)
  }

  @Test func joinedParametersKeepTheirValues() async throws {
    try await withPool { pool in
      let part: SQL = "\("b") || \("c")"
      let rows = try await pool.query("SELECT \("a") || \(part) || \("d") AS v")
      #expect(try rows[0].decode("v", as: String.self) == "abcd")
    }
  }

  @Test func textThatLooksLikeSQLStaysData() async throws {
    try await withPool { pool in
      try await withTable(pool, "name text") { table in
        let attempt = "'); DROP TABLE x; -- $1 \\ \" %s"
        #expect(try await pool.execute("INSERT INTO \(table) VALUES (\(attempt))") == 1)
        let rows = try await pool.query("SELECT name FROM \(table) WHERE name = \(attempt)")
        #expect(try rows.map { try $0.decode("name", as: String.self) } == [attempt])
      }
    }
  }

  @Test func configurationShowsNoPassword() throws {
    let configuration = try PostgresConfiguration(
      url: "postgres://me:s3cret@db.example:5433/claw?sslmode=verify-full", applicationName: "t")
    #expect("\(configuration)" == "postgres://me@db.example:5433/claw")
    var dumped = ""
    dump(configuration, to: &dumped)
    #expect(!dumped.contains("s3cret") && !String(reflecting: configuration).contains("s3cret"))
    let error = #expect(throws: PostgresError.self) {
      try PostgresConfiguration(url: "host=x s3cret", applicationName: "t")
    }
    #expect(error?.code == .badArgument)
    #expect(error.map { !$0.debugDescription.contains("s3cret") } == true)
  }
}
