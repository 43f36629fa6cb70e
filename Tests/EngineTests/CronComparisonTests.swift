import Foundation
import TestSupport
import Testing

@testable import Engine

/// Thousands of expressions next to croniter, over changes of clocks and over years.
@Suite struct CronComparisonTests {
  @Test(.enabled(if: TestTools.python != nil, "needs scripts/setup.sh --test"))
  func ticksAreThoseOfCroniterButForWhatIsKnown() async throws {
    var cases = CronCases()
    let spans =
      try cases.changes(times: 5) + cases.calendar(count: 2000) + cases.garbled(count: 4000)
    let script = TestTools.checkout.appending(path: "Tests/EngineTests/Cron/compare.py")
    let run = try await ToolRun.run(
      try #require(TestTools.python), [script.path],
      files: ["stdin": try Self.lines(spans)], environment: ["PYTHONDONTWRITEBYTECODE": "1"])
    print(run.output)
    #expect(run.status == 0, "\(run.output)")
  }

  private struct Line: Encodable {
    let text: String
    let zone: String
    let start: Int
    let end: Int
    let ticks: [Int]?
  }

  /// The spans with their ticks, in JSON; after 40 ticks, a span ends.
  private static func lines(_ spans: [CronCases.Span]) throws -> [UInt8] {
    let encoder = JSONEncoder()
    var lines: [UInt8] = []
    for span in spans {
      // Why it is refused is the matter of other tests.
      let ticks = try? CronExpression(span.text, timeZone: span.zone).ticks(
        after: Date(timeIntervalSince1970: Double(span.start)),
        through: Date(timeIntervalSince1970: Double(span.end)), limit: 40
      ).map { Int($0.timeIntervalSince1970) }
      let line = Line(
        text: span.text, zone: span.zone, start: span.start,
        end: ticks?.count == 40 ? ticks?.last ?? span.end : span.end, ticks: ticks)
      lines += [UInt8](try encoder.encode(line)) + [0x0A]
    }
    return lines
  }
}
