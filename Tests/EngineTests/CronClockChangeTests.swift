import FoundationEssentials
import Testing

@testable import Engine

/// What happens when clocks are put forward or back, as transcripts of what they show.
@Suite struct CronClockChangeTests {
  @Test(arguments: [
    // 2:00 to 3:00 is skipped on 29 March.
    ("30 2 * * *", "28 02:30 +1, 29 03:00 +2, 30 02:30 +2"),
    ("*/20 2 * * *", "28 02:00 +1, 28 02:20 +1, 28 02:40 +1, 29 03:00 +2, 30 02:00 +2"),
    ("0 1-4 29 3 *", "29 01:00 +1, 29 03:00 +2, 29 04:00 +2"),
    ("15 2,3 29 3 *", "29 03:00 +2, 29 03:15 +2"),
    ("59 1 29 3 *", "29 01:59 +1"), ("0 3 29 3 *", "29 03:00 +2"),
    ("30 * 29 3 *", "29 00:30 +1, 29 01:30 +1, 29 03:30 +2, 29 04:30 +2"),
    ("0 */2 29 3 *", "29 00:00 +1, 29 04:00 +2, 29 06:00 +2"),
    ("0 0-23 29 3 *", "29 00:00 +1, 29 01:00 +1, 29 03:00 +2"),
  ])
  func whatBerlinsClocksSkipRunsOnceAfterTheGap(_ text: String, _ shown: String) throws {
    #expect(try ticks(text, "Europe/Berlin", after: "2026-03-27T12:00:00Z", as: shown) == shown)
  }

  @Test(arguments: [
    // 2:00 to 3:00 is shown twice on 25 October.
    ("30 2 * * *", "24 02:30 +2, 25 02:30 +2, 26 02:30 +1"),
    ("*/30 2,3 25 10 *", "25 02:00 +2, 25 02:30 +2, 25 03:00 +1, 25 03:30 +1"),
    ("0 3 25 10 *", "25 03:00 +1"),
    (
      "*/30 * 25 10 *",
      "25 00:00 +2, 25 00:30 +2, 25 01:00 +2, 25 01:30 +2, 25 02:00 +2, "
        + "25 02:30 +2, 25 02:00 +1, 25 02:30 +1, 25 03:00 +1"
    ),
    ("0 */2 25 10 *", "25 00:00 +2, 25 02:00 +2, 25 02:00 +1, 25 04:00 +1"),
  ])
  func whatBerlinsClocksRepeatRunsOnceUnlessItRunsAllDay(_ text: String, _ shown: String) throws {
    #expect(try ticks(text, "Europe/Berlin", after: "2026-10-23T12:00:00Z", as: shown) == shown)
  }

  @Test func whoAsksWithinTheSecondPassGetsNoTickOfTheFirst() throws {
    let shown = "26 02:30 +1"
    for date in ["2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z", "2026-10-25T01:29:00Z"] {
      #expect(try ticks("30 2 * * *", "Europe/Berlin", after: date, as: shown) == shown)
    }
    let others = "25 02:15 +1, 25 02:30 +1"
    #expect(
      try ticks("*/15 * * * *", "Europe/Berlin", after: "2026-10-25T01:00:00Z", as: others)
        == others)
  }

  @Test func lordHoweMovesByHalfAnHour() throws {
    let forward = "04 01:45 +10:30, 04 02:30 +11, 04 02:45 +11"
    #expect(
      try ticks(
        "*/15 1,2 4 10 *", "Australia/Lord_Howe", after: "2026-10-03T15:00:00Z", as: forward)
        == forward)
    let back = "05 01:30 +11, 05 01:45 +11, 05 01:30 +10:30, 05 01:45 +10:30, 05 02:00 +10:30"
    #expect(
      try ticks("*/15 * * * *", "Australia/Lord_Howe", after: "2026-04-04T14:15:00Z", as: back)
        == back)
    let once = "05 01:45 +11, 06 01:45 +10:30"
    #expect(
      try ticks("45 1 * * *", "Australia/Lord_Howe", after: "2026-04-04T00:00:00Z", as: once)
        == once)
  }

  @Test func midnightIsSkippedAndRepeatedInSaoPaulo() throws {
    let forward = "03 00:00 -3, 04 01:00 -2, 05 00:00 -2"
    #expect(
      try ticks("@daily", "America/Sao_Paulo", after: "2018-11-02T12:00:00Z", as: forward)
        == forward)
    let back = "16 23:30 -2, 17 23:30 -3"
    #expect(
      try ticks("30 23 * * *", "America/Sao_Paulo", after: "2019-02-16T12:00:00Z", as: back)
        == back)
  }

  @Test func aDayThatApiaSkippedIsMadeUpForAtTheNextMidnight() throws {
    let daily = "29 09:00 -10, 31 00:00 +14, 31 09:00 +14"
    #expect(
      try ticks("0 9 * * *", "Pacific/Apia", after: "2011-12-29T12:00:00Z", as: daily) == daily)
    let friday = "23 09:00 -10, 31 00:00 +14, 06 09:00 +14"
    #expect(
      try ticks("0 9 * * FRI", "Pacific/Apia", after: "2011-12-20T12:00:00Z", as: friday)
        == friday)
    let hourly = "29 23:00 -10, 31 00:00 +14, 31 01:00 +14"
    #expect(
      try ticks("@hourly", "Pacific/Apia", after: "2011-12-30T08:30:00Z", as: hourly) == hourly)
  }

  @Test func localTimesWithSecondsAreKept() throws {
    // Liberia was 44 minutes and 30 seconds behind UTC until 1972.
    let expression = try CronExpression("0 12 * * *", timeZone: "Africa/Monrovia")
    let start = try Date("1971-06-01T00:00:00Z", strategy: .iso8601)
    #expect(expression.next(after: start)?.formatted(.iso8601) == "1971-06-01T12:44:30Z")
  }

  /// As many ticks as `shown` has: the day, the time and the offset from UTC.
  private func ticks(
    _ text: String, _ zone: String, after start: String, as shown: String
  ) throws -> String {
    let expression = try CronExpression(text, timeZone: zone)
    let clock = try #require(ZoneClock(named: zone))
    let start = try Date(start, strategy: .iso8601)
    let count = shown.split(separator: ",").count
    let ticks = expression.ticks(after: start, through: .distantFuture, limit: count)
    return ticks.map { tick in
      let offset = clock.offset(at: Int(tick.timeIntervalSince1970))
      let minutes = abs(offset) / 60 % 60
      let local = (tick + Double(offset)).formatted(.iso8601)
      let (day, time) = (local.dropFirst(8).prefix(2), local.dropFirst(11).prefix(5))
      return "\(day) \(time) \(offset < 0 ? "-" : "+")\(abs(offset) / 3600)"
        + (minutes == 0 ? "" : ":\(minutes)")
    }.joined(separator: ", ")
  }
}
