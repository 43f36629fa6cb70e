import FoundationEssentials
import Postgres
import Testing

enum Colour: Int16, PostgresCodable { case red = 1, green = 2 }
struct JobID: RawRepresentable, PostgresCodable, Hashable { var rawValue: UUID }

@Suite struct ValueTests {
  private func roundTrip<T: PostgresCodable & Equatable>(
    _ values: [T], cast: String = "", _ pool: PostgresPool
  ) async throws {
    for value in values {
      let rows = try await pool.query("SELECT \(value)\(unsafeRaw: cast) AS v")
      #expect(try rows[0].decode("v", as: T.self) == value)
      #expect(try rows[0].decode(at: 0, as: T?.self) == value)
    }
    let none = try await pool.query("SELECT \(T?.none)\(unsafeRaw: cast) AS v")
    #expect(try none[0].decode("v", as: T?.self) == nil)
  }

  private func roundTripArrays<T: PostgresCodable & Equatable>(
    _ values: [T], cast: String = "", _ pool: PostgresPool
  ) async throws {
    try await roundTrip([values, []], cast: cast, pool)
    let withNull: [T?] = [nil] + values.map { $0 } + [nil]
    try await roundTrip([withNull], cast: cast, pool)
    let rows = try await pool.query("SELECT x FROM unnest(\(values)\(unsafeRaw: cast)) AS x")
    #expect(try rows.map { try $0.decode("x", as: T.self) } == values)
  }

  @Test func everyTypeComesBackAsItWasSent() async throws {
    try await withPool { pool in
      try await roundTrip([true, false], pool)
      try await roundTrip([Int16.min, 0, .max], pool)
      try await roundTrip([Int32.min, 0, .max], pool)
      try await roundTrip([Int64.min, 0, .max], pool)
      try await roundTrip([Int.min, -1, .max], pool)
      try await roundTrip([0.1, -Double.infinity, .greatestFiniteMagnitude], pool)
      try await roundTrip([Float(0.1), .leastNonzeroMagnitude], pool)
      try await roundTrip(["", "é — 😀 'quoted' \\ \"", "e\u{301}"], pool)
      try await roundTrip([UUID(), UUID()], pool)
      try await roundTrip([[UInt8](), [0, 255, 39]], pool)
      try await roundTrip([PostgresJSON(#"{"a": [1, null]}"#)], pool)
      try await roundTrip([Duration.microseconds(-1_500_000), .seconds(86_400 * 400)], pool)
      try await roundTrip([Colour.red, .green], pool)
      try await roundTrip([JobID(rawValue: UUID())], pool)
      try await roundTrip([PostgresVector([0.1, -2, 3e-7])], cast: "::vector", pool)
    }
  }

  @Test func arraysKeepOrderNullsAndEmptiness() async throws {
    try await withPool { pool in
      try await roundTripArrays([true, false], pool)
      try await roundTripArrays([Int16(1), 2], pool)
      try await roundTripArrays([Int32(1), 2], pool)
      try await roundTripArrays([Int64(1), 2], pool)
      try await roundTripArrays([1, 2, 3], pool)
      try await roundTripArrays([1.5, 2.5], pool)
      try await roundTripArrays([Float(1.5)], pool)
      try await roundTripArrays(["a", "", "NULL", "{\"}"], pool)
      try await roundTripArrays([UUID(), UUID()], pool)
      try await roundTripArrays([[1, 2], []] as [[UInt8]], pool)
      try await roundTripArrays([Date(timeIntervalSince1970: 1.5)], pool)
      try await roundTripArrays([PostgresJSON("{}"), PostgresJSON("[1]")], pool)
      try await roundTripArrays([Colour.green], pool)
      let vectors = [PostgresVector([1, 2]), PostgresVector([0.5, -1])]
      try await roundTripArrays(vectors, cast: "::vector[]", pool)
    }
  }

  @Test func timestampsAreExactToTheMicrosecond() async throws {
    try await withPool { pool in
      let rows = try await pool.query("SELECT '2024-02-29 12:34:56.789012+00'::timestamptz AS t")
      let date = try rows[0].decode("t", as: Date.self)
      #expect(abs(date.timeIntervalSince1970 - 1_709_210_096.789012) < 0.000_001)
      let same = try await pool.query(
        "SELECT \(date) = '2024-02-29 12:34:56.789012+00'::timestamptz AS same")
      #expect(try same[0].decode("same", as: Bool.self))
      let old = Date(timeIntervalSince1970: -3_000_000_000.25)
      let sent = try await pool.query("SELECT \(old) AS t")
      #expect(try sent[0].decode("t", as: Date.self) == old)
    }
  }

  @Test func infiniteTimestampIsADecodingErrorThatNamesTheColumn() async throws {
    try await withPool { pool in
      for text in ["infinity", "-infinity"] {
        let rows = try await pool.query("SELECT \(text)::text::timestamptz AS until")
        let error = try await postgresError { _ = try rows[0].decode("until", as: Date.self) }
        #expect(error.code == .decoding)
        #expect(error.message == "column \"until\": wanted Date, found an infinite timestamp")
      }
    }
  }

  @Test func decodingErrorsNameColumnAndType() async throws {
    try await withPool { pool in
      let row = try await pool.query("SELECT NULL::text AS a, 7::int8 AS b, 1::numeric AS c")[0]
      let null = try await postgresError { _ = try row.decode("a", as: String.self) }
      #expect(null.message == "column \"a\": wanted String, found NULL")
      let wrong = try await postgresError { _ = try row.decode("b", as: UUID.self) }
      #expect(wrong.message == "column \"b\": wanted UUID, found the type with OID 20")
      let range = try await postgresError { _ = try row.decode("b", as: Colour.self) }
      #expect(range.message.contains("Colour"))
      let numeric = try await postgresError { _ = try row.decode("c", as: Int.self) }
      #expect(numeric.message.contains("cast"))
      let none = try await postgresError { _ = try row.decode("d", as: Int.self) }
      #expect(none.message == "no column \"d\" in the result")
    }
  }

  @Test func integersAreReadFromEveryWidthThatFits() async throws {
    try await withPool { pool in
      let row = try await pool.query("SELECT 7::int2 AS a, 70000::int4 AS b, 1::int8 AS c")[0]
      #expect(try row.decode("a", as: Int.self) == 7)
      #expect(try row.decode("b", as: Int64.self) == 70000)
      #expect(try row.decode("c", as: Int16.self) == 1)
      #expect(throws: PostgresError.self) { try row.decode("b", as: Int16.self) }
    }
  }
}
