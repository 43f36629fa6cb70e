import FoundationEssentials
import Testing

@testable import Engine

/// What is taken, and what users are told of the rest.
@Suite struct CronSyntaxTests {
  private static let everyForm: [String] = [
    "* * * * *", "0 0 1 1 0", "59 23 31 12 7", "*/5 */2 */3 */4 */6", "1-30/7 8-18/2 * * *",
    "5/15 * * * *", "0,15,30,45 0,12 1,15,L * *", "0 0 L * *", "0 0 l feb *",
    "0 9 * JAN-MAR,dec MON-FRI", "0 9 * * Fri-Sun", "0 9 * * 5-7", "00 08 * * *", "\t0  9 * * 1 ",
    "*,5 * * * *", "*/60 */24 */31 */12 */7", "@hourly", "@daily", "@midnight", "@weekly",
    "@monthly", "@yearly", "@annually", " @Daily ", "0 0 31 2 MON", "0 0 29 2 *", "0 0 31 2,3 *",
  ]

  @Test(arguments: everyForm)
  func everyFormIsTaken(_ text: String) throws {
    let expression = try CronExpression(text, timeZone: "Europe/Berlin")
    #expect(expression.text == text)
    #expect(expression.timeZoneName == "Europe/Berlin")
    #expect(expression.next(after: Date(timeIntervalSince1970: 1.8e9)) != nil)
  }

  private static let refused: [(String, CronError.Code, CronField?)] = [
    ("", .fieldCount, nil), ("* * * *", .fieldCount, nil), ("0 * * * * *", .fieldCount, nil),
    ("* * * * * * *", .fieldCount, nil), ("@daily 5", .fieldCount, nil),
    ("@reboot", .unknownAlias, nil), ("@", .unknownAlias, nil), ("@every", .unknownAlias, nil),
    ("60 * * * *", .outOfRange, .minute), ("* 24 * * *", .outOfRange, .hour),
    ("* * 0 * *", .outOfRange, .dayOfMonth), ("* * 32 * *", .outOfRange, .dayOfMonth),
    ("* * * 13 *", .outOfRange, .month), ("* * * 0 *", .outOfRange, .month),
    ("* * * * 8", .outOfRange, .dayOfWeek), ("0-60 * * * *", .outOfRange, .minute),
    ("99999999999999999999 * * * *", .outOfRange, .minute),
    ("0-99999999999999999999 * * * *", .outOfRange, .minute),
    ("*/99999999999999999999 * * * *", .badStep, .minute), ("*/0 * * * *", .badStep, .minute),
    ("*/61 * * * *", .badStep, .minute), ("0 */25 * * *", .badStep, .hour),
    ("0 0 * * */8", .badStep, .dayOfWeek), ("30-10 * * * *", .emptyRange, .minute),
    ("* 22-6 * * *", .emptyRange, .hour), ("* * * NOV-FEB *", .emptyRange, .month),
    ("* * * * FRI-MON", .emptyRange, .dayOfWeek), ("* * * * 5-0", .emptyRange, .dayOfWeek),
    ("* * * * 7-3", .emptyRange, .dayOfWeek), (", * * * *", .syntax, .minute),
    ("1, * * * *", .syntax, .minute), ("1,,2 * * * *", .syntax, .minute),
    ("1- * * * *", .syntax, .minute), ("-1 * * * *", .syntax, .minute),
    ("1-2-3 * * * *", .syntax, .minute), ("*/ * * * *", .syntax, .minute),
    ("*/5/5 * * * *", .syntax, .minute), ("*/-5 * * * *", .syntax, .minute),
    ("*/* * * * *", .syntax, .minute), ("** * * * *", .syntax, .minute),
    ("*-5 * * * *", .syntax, .minute), ("5-* * * * *", .syntax, .minute),
    ("+5 * * * *", .syntax, .minute), ("1.5 * * * *", .syntax, .minute),
    ("0x5 * * * *", .syntax, .minute), ("JAN * * * *", .syntax, .minute),
    ("* MON * * *", .syntax, .hour), ("* * ? * *", .syntax, .dayOfMonth),
    ("* * 15W * *", .syntax, .dayOfMonth), ("* * LW * *", .syntax, .dayOfMonth),
    ("* * L-3 * *", .syntax, .dayOfMonth), ("* * 1-L * *", .syntax, .dayOfMonth),
    ("* * L/2 * *", .syntax, .dayOfMonth), ("* * * JANUARY *", .syntax, .month),
    ("* * * MON *", .syntax, .month), ("* * * * JAN", .syntax, .dayOfWeek),
    ("* * * * L", .syntax, .dayOfWeek), ("* * * * 5L", .syntax, .dayOfWeek),
    ("* * * * MON#1", .syntax, .dayOfWeek), ("H * * * *", .syntax, .minute),
    ("~ * * * *", .syntax, .minute), ("0 0 31 2 *", .neverFires, .dayOfMonth),
    ("0 0 30-31 2 *", .neverFires, .dayOfMonth), ("0 0 31 4,6,9,11 *", .neverFires, .dayOfMonth),
    ("\u{661} * * * *", .badCharacter, nil), ("\u{FF15} * * * *", .badCharacter, nil),
    ("0 0 * *\u{A0}*", .badCharacter, nil), ("* * * *\n*", .badCharacter, nil),
    ("* * * * *\u{0}", .badCharacter, nil), ("* * * * \u{1B}[31m", .badCharacter, nil),
    (String(repeating: "1,", count: 300) + "1 * * * *", .tooLong, nil),
    (String(repeating: "*", count: 1_000_000), .tooLong, nil),
  ]

  @Test(arguments: refused)
  func everythingElseIsRefusedWithItsReason(
    _ text: String, _ code: CronError.Code, _ field: CronField?
  ) throws {
    let error = try #require(throws: CronError.self) {
      try CronExpression(text, timeZone: "UTC")
    }
    #expect(error.code == code && error.field == field, "\(text): \(error)")
    #expect(error.message.utf8.allSatisfy { (0x20...0x7E).contains($0) })
    #expect(error.message.contains("Allowed") || field == nil)
  }

  @Test func messagesNameTheFieldAndWhatIsAllowed() throws {
    let month = try #require(throws: CronError.self) {
      try CronExpression("0 0 1 0-13 *", timeZone: "UTC")
    }
    #expect(
      "\(month)" == "The month '0-13' is out of range. "
        + "Allowed are * , - / and 1 to 12 or JAN to DEC.")
    let hour = try #require(throws: CronError.self) {
      try CronExpression("0 22-6 * * *", timeZone: "UTC")
    }
    #expect(
      "\(hour)" == "The hour has the range '22-6', which ends before it starts; write it as two, "
        + "such as '22-23,0-6'. Allowed are * , - / and 0 to 23.")
  }

  @Test(arguments: [
    "", " ", "Mars/Base", "europe/berlin", "Europe/Berlin ", "BST", "PST", "EST5EDT", "GMT+3",
    "GMT+0300", "+02:00", "Factory", "Etc/Unknown", "../../etc/passwd", "/", "Europe/K\u{F6}ln",
    "a/" + String(repeating: "b", count: 100_000),
  ])
  func unknownTimeZonesAreRefused(_ name: String) throws {
    let error = try #require(throws: CronError.self) {
      try CronExpression("0 0 * * *", timeZone: name)
    }
    #expect(error.code == .unknownTimeZone)
  }

  @Test(arguments: ["UTC", "GMT", "Etc/UTC", "Asia/Kathmandu", "Asia/Katmandu", "US/Eastern"])
  func timeZonesHaveTheirOldNames(_ name: String) throws {
    #expect(try CronExpression("0 0 * * *", timeZone: name).timeZoneName == name)
  }
}

/// Which days and minutes it is, without changes of clocks.
@Suite struct CronCalendarTests {
  @Test func aTickIsStrictlyAfterTheDate() throws {
    let daily = try CronExpression("0 6 * * *", timeZone: "UTC")
    #expect(try next(daily, "2026-05-01T05:59:59Z") == "2026-05-01T06:00:00Z")
    #expect(try next(daily, "2026-05-01T06:00:00Z") == "2026-05-02T06:00:00Z")
    let tick = try Date("2026-05-01T06:00:00Z", strategy: .iso8601)
    #expect(daily.next(after: tick - 0.001) == tick)
    #expect(daily.next(after: tick + 0.001) == tick + 86_400)
  }

  @Test func ticksEndWithTheirDateOrTheirLimit() throws {
    let hourly = try CronExpression("@hourly", timeZone: "UTC")
    let start = try Date("2026-05-01T00:00:00Z", strategy: .iso8601)
    let hours = (1...3).map { start + Double($0) * 3600 }
    #expect(hourly.ticks(after: start, through: start + 3 * 3600, limit: 10) == hours)
    #expect(hourly.ticks(after: start, through: start + 86_400, limit: 3) == hours)
    #expect(hourly.ticks(after: start, through: start, limit: 3).isEmpty)
    #expect(hourly.ticks(after: start, through: start - 1, limit: 3).isEmpty)
    #expect(hourly.ticks(after: start, through: .distantFuture, limit: 0).isEmpty)
    #expect(hourly.ticks(after: start, through: .distantFuture, limit: -1).isEmpty)
  }

  @Test func leapDaysAreFoundAlsoOverACenturyWithoutOne() throws {
    let leap = try CronExpression("0 0 29 2 *", timeZone: "UTC")
    #expect(try next(leap, "2026-01-01T00:00:00Z") == "2028-02-29T00:00:00Z")
    #expect(try next(leap, "2096-02-29T00:00:00Z") == "2104-02-29T00:00:00Z")
    let last = try CronExpression("0 0 L 2 *", timeZone: "UTC")
    #expect(try next(last, "2100-01-01T00:00:00Z") == "2100-02-28T00:00:00Z")
  }

  @Test(arguments: ["0 0 29 2 *", "*/5 * 29 2 *", "0 12 29 FEB *"])
  func yearsAreNotSearchedMinuteByMinute(_ text: String) throws {
    let expression = try CronExpression(text, timeZone: "Europe/Berlin")
    let start = try Date("2096-03-01T12:00:00Z", strategy: .iso8601)
    let took = ContinuousClock().measure {
      for _ in 0..<20 { #expect(expression.next(after: start) != nil) }
    }
    // Less than 1 ms each in release mode; in the years, there are 4 million minutes.
    #expect(took < .seconds(2))
  }

  @Test(arguments: [
    ("0 0 L 2 *", ["2027-02-28", "2028-02-29"]), ("0 0 L * *", ["2026-05-31", "2026-06-30"]),
    ("0 0 31 * *", ["2026-05-31", "2026-07-31"]), ("0 0 30,L 6,7 *", ["2026-06-30", "2026-07-30"]),
    ("0 0 * * SUN", ["2026-05-03", "2026-05-10"]), ("0 0 * * 7", ["2026-05-03", "2026-05-10"]),
    ("0 0 * * 6-7", ["2026-05-02", "2026-05-03", "2026-05-09"]),
    ("0 0 1 */6 *", ["2026-07-01", "2027-01-01"]),
  ])
  func daysAreThoseOfTheCalendar(_ text: String, _ days: [String]) throws {
    let expression = try CronExpression(text, timeZone: "UTC")
    let start = try Date("2026-05-01T12:00:00Z", strategy: .iso8601)
    let ticks = expression.ticks(after: start, through: .distantFuture, limit: days.count)
    #expect(ticks.map { $0.formatted(.iso8601) } == days.map { "\($0)T00:00:00Z" })
  }

  @Test(arguments: [
    // 1 May 2026 is a Friday.
    ("0 0 13 * FRI", [1, 8, 13, 15, 22, 29]), ("0 0 * * FRI", [1, 8, 15, 22, 29]),
    ("0 0 13 * *", [13]), ("0 0 */10 * FRI", [1, 8, 11, 15, 21, 22, 29, 31]),
    ("0 0 13 * */6", [2, 3, 9, 10, 13, 16, 17, 23, 24, 30, 31]),
    ("0 0 1-31 * FRI", Array(1...31)), ("0 0 13 * 0-6", Array(1...31)),
    ("0 0 */10 * 0-6", [1, 11, 21, 31]), ("0 0 */1 * */6", [2, 3, 9, 10, 16, 17, 23, 24, 30, 31]),
    ("0 0 *,13 * FRI", [1, 8, 15, 22, 29]), ("0 0 L * FRI", [1, 8, 15, 22, 29, 31]),
  ])
  func eitherDayFieldSufficesWhenBothRestrict(_ text: String, _ days: [Int]) throws {
    let expression = try CronExpression(text, timeZone: "UTC")
    let start = try Date("2026-04-30T12:00:00Z", strategy: .iso8601)
    let ticks = expression.ticks(after: start, through: start + 31 * 86_400, limit: 100)
    #expect(ticks.map { Int($0.timeIntervalSince(start)) / 86_400 + 1 } == days)
  }

  @Test func datesBeyondTheCalendarHaveNoTickAndDoNoHarm() throws {
    for text in ["* * * * *", "0 12 * * *"] {
      let expression = try CronExpression(text, timeZone: "Europe/Berlin")
      for seconds in [Double.infinity, -.infinity, .nan, 1e300, -1e300, 250e9, -250e9] {
        #expect(expression.next(after: Date(timeIntervalSince1970: seconds)) == nil)
      }
      for date in [Date.distantPast, .distantFuture, Date(timeIntervalSince1970: -249e9)] {
        let tick = try #require(expression.next(after: date))
        #expect(tick > date && tick < date + 2 * 86_400)
      }
    }
  }

  private func next(_ expression: CronExpression, _ date: String) throws -> String? {
    expression.next(after: try Date(date, strategy: .iso8601))?.formatted(.iso8601)
  }
}
