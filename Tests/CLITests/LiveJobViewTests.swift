import Jobs
import Testing

@testable import openclaw

struct LiveJobViewTests {
  private let size = TerminalSize(columns: 40, rows: 10)
  private let step = StepID()

  private func event(_ type: String, at second: Int, _ data: JSONValue) throws -> JobEventView {
    try JobEventView([
      "id": "j/1", "type": .string(type), "time": .string("2026-11-22T13:10:0\(second).250Z"),
      "data": data,
    ])
  }

  private func change(
    _ kind: String, _ target: String, _ state: String, at second: Int, attempt: Int64 = 1
  ) throws -> JobEventView {
    try event(
      "job.step", at: second,
      [
        "index": 0, "kind": .string(kind), "target": .string(target), "state": .string(state),
        "attempt": .integer(attempt),
      ])
  }

  private func text(_ text: String, at offset: Int64, attempt: Int64 = 1) throws -> JobEventView {
    try event(
      "job.delta", at: 3,
      [
        "step": .string("\(step)"), "attempt": .integer(attempt), "offset": .integer(offset),
        "length": .integer(Int64(text.utf8.count)), "text": .string(text),
      ])
  }

  private func view() throws -> LiveJobView {
    LiveJobView(
      try JobView([
        "id": .string("\(JobID())"), "state": "queued", "target": "agent:main",
        "created_at": "2026-11-22T13:10:01.250Z",
      ]))
  }

  private func plain(_ lines: [StyledLine]) -> [String] {
    lines.map { $0.text(width: .max, isColored: false) }
  }

  @Test func stepsStayWithHowLongTheyTook() throws {
    var view = try view()
    #expect(view.take(try event("job.started", at: 2, ["state": "running"])).isEmpty)
    #expect(
      plain(view.take(try change("agent_turn", "agent:main", "done", at: 4))) == [
        "  ✓ agent_turn main              2.0 s"
      ])
    #expect(
      plain(view.take(try change("skill_call", "skill:files.read", "dead", at: 5))) == [
        "  ✗ skill_call files.read        1.0 s  dead"
      ])
    #expect(
      plain(view.take(try change("agent_turn", "agent:main", "pending", at: 8, attempt: 2))) == [
        "  ↻ agent_turn main              3.0 s  pending  attempt 2"
      ])
  }

  @Test func aSignalIsTimedFromTheTurnThatWaitsForIt() throws {
    var view = try view()
    _ = view.take(try change("agent_turn", "agent:main", "done", at: 3))
    _ = view.take(try change("skill_call", "skill:files.read", "done", at: 4))
    #expect(
      plain(view.take(try change("signal_wait", "skill:signal.wait", "done", at: 9))) == [
        "  ✓ signal_wait signal.wait      6.0 s"
      ])
  }

  @Test func theTextGrowsBelowTheState() throws {
    var view = try view()
    _ = view.take(try event("job.started", at: 2, ["state": "running"]))
    _ = view.take(try text("one\n", at: 0))
    _ = view.take(try text("two \u{1B}[2J", at: 4))
    #expect(
      plain(view.lines(elapsed: .milliseconds(1_500), tick: 1, size: size)) == [
        "  ⠙ running  agent:main  1.5 s", "  │ one", "  │ two \\u{1b}[2J",
      ])
    _ = view.take(try text("again", at: 0, attempt: 2))
    #expect(plain(view.lines(elapsed: .zero, tick: 0, size: size)).last == "  │ again")
  }

  @Test func aTurnsTextIsToldOnceSomethingFollowsIt() throws {
    var view = try view()
    _ = view.take(try text("I read it.\nNow.", at: 0))
    #expect(view.take(try change("agent_turn", "agent:main", "done", at: 3)).count == 1)
    #expect(
      plain(view.take(try event("job.waiting", at: 3, ["state": "waiting"]))) == [
        "    “I read it. Now.”"
      ])
    #expect(view.take(try event("job.succeeded", at: 4, ["state": "succeeded"])).isEmpty)
  }

  @Test func longTextShowsItsEnd() throws {
    var view = try view()
    _ = view.take(try text((0..<50).map { "line \($0)" }.joined(separator: "\n"), at: 0))
    let lines = plain(view.lines(elapsed: .zero, tick: 0, size: size))
    #expect(lines.count == 8 && lines.last == "  │ line 49")
  }
}
