import Foundation
import Jobs
import Testing

@testable import openclaw

struct WaitExplanationTests {
  private func step(_ cause: String, _ detail: String, _ more: [String: JSONValue]) -> JSONValue {
    var members: [String: JSONValue] = [
      "target": "agent:main", "cause": .string(cause), "detail": .string(detail),
      "remedy": "Wait.", "ahead": .null, "until": .null, "estimate_seconds": .null,
      "estimate_basis": .null,
    ]
    members.merge(more) { $1 }
    return .object(members)
  }

  private func lines(_ summary: String, _ steps: [JSONValue]) throws -> [String] {
    let view = try WaitView([
      "job": "j", "state": "queued", "summary": .string(summary), "steps": .array(steps),
    ])
    let now = try #require(WireTime.date("2026-11-22T13:10:00Z"))
    return WaitExplanation(view).lines(now: now)
      .map { $0.text(width: .max, isColored: false) }
  }

  @Test func oneStepIsToldOnceWithItsPlaceAndTheEstimatesGrounds() throws {
    let detail = "14 steps start before it."
    let more: [String: JSONValue] = [
      "ahead": 14, "estimate_seconds": .number(7.5), "estimate_basis": "14 before it, 2.0 starts/s",
    ]
    #expect(
      try lines(detail, [step("queue", detail, more)]) == [
        "job j is queued: 14 steps start before it.", "", "  agent:main  queue",
        "    position  15", "    estimate  about 7.5 s (14 before it, 2.0 starts/s)",
        "    to go on  Wait.",
      ])
  }

  @Test func eachOfSeveralStepsHasItsOwnCause() throws {
    let steps = [
      step("retry", "It failed.", ["until": "2026-11-22T13:14:03Z"]),
      step("queue", "Many.\u{1B}[2J", ["ahead": 10_001]),
    ]
    #expect(
      try lines("It failed.", steps) == [
        "job j is queued: It failed.", "", "  agent:main  retry", "    cause     It failed.",
        "    until     in 4 min 3 s (2026-11-22 13:14:03)", "    to go on  Wait.", "",
        "  agent:main  queue", "    cause     Many.\\u{1b}[2J",
        "    position  after more than 10,000 others", "    to go on  Wait.",
      ])
  }

  @Test func aSignalIsNamedWithWhatSendsItAndWhenTheWaitEnds() throws {
    let detail = "It waits for the signal 'approved'."
    let more: [String: JSONValue] = [
      "until": "2026-11-23T13:10:00Z", "remedy": "Send it: openclaw jobs signal j approved.",
    ]
    #expect(
      try lines(detail, [step("signal", detail, more)]) == [
        "job j is queued: \(detail)", "", "  agent:main  signal",
        "    until     in 24 h 0 min (2026-11-23 13:10:00)",
        "    to go on  Send it: openclaw jobs signal j approved.",
      ])
  }

  @Test func withoutAnEstimateItSaysWhyThereIsNone() throws {
    let more: [String: JSONValue] = ["estimate_basis": "the limit is 0"]
    #expect(
      try lines("Held.", [step("limit", "Held.", more)]).contains(
        "    estimate  none: the limit is 0"))
  }

  @Test func aJobThatIsOverHasNoSteps() throws {
    #expect(try lines("It is over.", []) == ["job j: It is over."])
    #expect(throws: CommandError.self) { try WaitView(["job": "j"]) }
  }
}
