import Testing

@testable import AMQP

struct ReconnectPlanTests {
  private let start = ContinuousClock.now

  @Test func `pauses double up to the limit`() {
    var backoff = Backoff(base: .milliseconds(200), limit: .seconds(1))
    let pauses = (0..<5).map { _ in backoff.next(random: 1) }
    #expect(
      pauses == [
        .milliseconds(200), .milliseconds(400), .milliseconds(800), .seconds(1), .seconds(1),
      ])
  }

  @Test func `a broker that is back does not wait longer than two seconds for its clients`() {
    var backoff = Backoff()
    let pauses = (0..<50).map { _ in backoff.next(random: 1) }
    #expect(pauses.max() == .seconds(2))
  }

  @Test func `chance takes away half of a pause at most`() {
    var low = Backoff(base: .seconds(1), limit: .seconds(8))
    var high = low
    #expect(low.next(random: 0) == .milliseconds(500))
    #expect(high.next(random: 0.5) == .milliseconds(750))
    #expect(low.next(random: -3) == .seconds(1))
    #expect(high.next(random: 9) == .seconds(2))
  }

  @Test func `a stable connection makes the next pause a first one`() {
    var plan = ReconnectPlan(Backoff(base: .seconds(1), limit: .seconds(60)))
    #expect(plan.failed(at: start, random: 1) == .seconds(1))
    #expect(plan.failed(at: start, random: 1) == .seconds(2))
    plan.connected(at: start)
    #expect(plan.failed(at: start + .seconds(5), random: 1) == .seconds(1))
  }

  @Test func `a connection that is lost at once does not`() {
    var plan = ReconnectPlan(Backoff(base: .seconds(1), limit: .seconds(60)))
    _ = plan.failed(at: start, random: 1)
    plan.connected(at: start)
    #expect(plan.failed(at: start + .seconds(1), random: 1) == .seconds(2))
  }

  @Test func `the owner may ask for a longer pause, once`() {
    var plan = ReconnectPlan(Backoff(base: .seconds(1), limit: .seconds(1)))
    plan.stayAway(.seconds(30), at: start)
    #expect(plan.failed(at: start, random: 1) == .seconds(30))
    #expect(plan.failed(at: start + .seconds(30), random: 1) == .seconds(1))
  }

  @Test func `what the owner asks for during a pause counts after it`() {
    var plan = ReconnectPlan(Backoff(base: .seconds(1), limit: .seconds(1)))
    #expect(plan.failed(at: start, random: 1) == .seconds(1))
    #expect(plan.absence(at: start) == nil)
    plan.stayAway(.seconds(60), at: start)
    plan.stayAway(.zero, at: start)
    #expect(plan.absence(at: start + .seconds(1)) == .seconds(59))
    #expect(plan.absence(at: start + .seconds(60)) == nil)
  }
}
