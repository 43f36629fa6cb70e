import Foundation
import Testing

@testable import openclaw

struct TimeArgumentTests {
  @Test func aLengthOfTimeKeepsItsText() {
    for text in ["90s", "1h30m", "500ms", "2d", "0s"] {
      #expect(DurationArgument(argument: text)?.text == text)
    }
    for text in ["", "90", "s", "30m1h", "1.5h", "-5s", "5 m"] {
      #expect(DurationArgument(argument: text) == nil, "\(text)")
    }
  }

  @Test func aPointInTimeNeedsItsOffset() {
    for text in ["2026-11-22T13:22:09Z", "2026-11-22t13:22:09.5+02:00"] {
      #expect(TimeArgument(argument: text)?.text == text)
    }
    for text in ["2026-11-22T13:22:09", "2026-11-22", "13:22", "2026-11-22 13:22:09Z", "tomorrow"] {
      #expect(TimeArgument(argument: text) == nil, "\(text)")
    }
    #expect(MomentArgument(argument: "2h")?.text == "2h")
    #expect(MomentArgument(argument: "2026-11-22T13:22:09Z") != nil)
    #expect(MomentArgument(argument: "soon") == nil)
  }

  @Test func timesAreToldFromNow() throws {
    let now = try #require(WireTime.date("2026-11-22T13:10:00Z"))
    #expect(WireTime.ahead("2026-11-22T13:14:03Z", of: now) == "in 4 min 3 s")
    #expect(WireTime.ahead("2026-11-25T17:30:00.000Z", of: now) == "in 3 d 4 h")
    #expect(WireTime.ahead("2026-11-22T13:09:00Z", of: now) == "now")
    #expect(WireTime.ahead(nil, of: now) == nil)
    #expect(WireTime.short("2026-11-22T13:10:43.120Z") == "2026-11-22 13:10:43")
    #expect(WireTime.short(nil).isEmpty)
  }
}
