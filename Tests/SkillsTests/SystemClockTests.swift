import Foundation
import Jobs
import Testing

@testable import Skills

@Suite struct SystemClockTests {
  private func clock(_ arguments: JSONValue) async throws -> JSONValue {
    let clock = SystemClock(now: { Date(timeIntervalSince1970: 1_753_612_345.678) })
    let call = SkillCall(
      user: UserID(), job: JobID(), step: StepID(), attempt: 1, arguments: arguments)
    return try await clock.run(call)
  }

  @Test func withoutATimeZoneItIsUTC() async throws {
    #expect(
      try await clock([:]) == [
        "utc": "2025-07-27T10:32:25Z", "unix_seconds": 1_753_612_345, "time_zone": "UTC",
        "local": "2025-07-27T10:32:25Z", "weekday": "Sunday", "utc_offset_seconds": 0,
      ])
  }

  @Test func aTimeZoneGivesItsLocalTimeAndDay() async throws {
    let tokyo = try await clock(["time_zone": "Asia/Tokyo"])
    #expect(tokyo["local"] == "2025-07-27T19:32:25+09:00")
    let kiritimati = try await clock(["time_zone": "pacific/kiritimati"])
    #expect(kiritimati["time_zone"] == "Pacific/Kiritimati")
    #expect(kiritimati["local"] == "2025-07-28T00:32:25+14:00")
    #expect(kiritimati["weekday"] == "Monday")
    #expect(kiritimati["utc_offset_seconds"] == 50400)
  }

  @Test(arguments: ["tokyo": "Asia/Tokyo", "New York": "America/New_York", "gmt": "UTC"])
  func aCityStandsForItsTimeZone(city: String, zone: String) async throws {
    #expect(try await clock(["time_zone": .string(city)])["time_zone"] == .string(zone))
  }

  @Test(arguments: ["Mars/Olympus", "", "../../etc/passwd", "/etc/localtime", "a\0b"])
  func anUnknownTimeZoneIsSaidSo(name: String) async throws {
    let failure = await #expect(throws: StepFailure.self) {
      try await clock(["time_zone": .string(name)])
    }
    #expect(failure?.code == "unknown_time_zone")
  }
}
