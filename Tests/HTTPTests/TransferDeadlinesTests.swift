import Testing

@testable import HTTP

struct TransferDeadlinesTests {
  private let start = ContinuousClock.now
  private let limits = HTTPRequest.Limits(
    firstByte: .seconds(60), idle: .seconds(30), total: nil)

  private func at(_ seconds: Int) -> ContinuousClock.Instant { start + .seconds(seconds) }

  @Test func nothingIsDueWhileConnecting() {
    let deadlines = TransferDeadlines(limits, start: start)
    #expect(deadlines.next == nil && deadlines.broken(at: at(1000)) == nil)
  }

  @Test func theFirstByteIsWaitedForFromTheLastByteSent() {
    var deadlines = TransferDeadlines(limits, start: start)
    deadlines.didSend(at: at(5))
    #expect(deadlines.next == at(65))
    deadlines.didSend(at: at(50))
    #expect(deadlines.next == at(110) && deadlines.broken(at: at(109)) == nil)
    #expect(deadlines.broken(at: at(110)) == .firstByteTimeout)
  }

  @Test func anInterimAnswerIsNotTheFirstByte() {
    var deadlines = TransferDeadlines(limits, start: start)
    deadlines.didSend(at: at(0))
    deadlines.didReceive(at: at(10))
    deadlines.didReceiveInterimHead(at: at(11))
    #expect(deadlines.broken(at: at(70)) == nil)
    #expect(deadlines.broken(at: at(71)) == .firstByteTimeout)
  }

  @Test func silenceIsMeasuredFromTheLastByteInEitherDirection() {
    var deadlines = TransferDeadlines(limits, start: start)
    deadlines.didSend(at: at(0))
    deadlines.didReceive(at: at(10))
    #expect(deadlines.next == at(40))
    deadlines.didReceive(at: at(39))
    deadlines.didSend(at: at(41))
    #expect(deadlines.broken(at: at(70)) == nil && deadlines.broken(at: at(71)) == .idleTimeout)
  }

  @Test func aPauseOfOursIsNoSilence() {
    var deadlines = TransferDeadlines(limits, start: start)
    deadlines.didReceive(at: at(0))
    deadlines.didPause()
    deadlines.didSend(at: at(1))
    #expect(deadlines.next == nil && deadlines.broken(at: at(1000)) == nil)
    deadlines.didResume(at: at(1000))
    #expect(deadlines.next == at(1030))
  }

  @Test func theTotalRunsThroughEverything() {
    var limits = limits
    limits.total = .seconds(20)
    var deadlines = TransferDeadlines(limits, start: start)
    #expect(deadlines.next == at(20))
    deadlines.didReceive(at: at(19))
    deadlines.didPause()
    #expect(deadlines.next == at(20) && deadlines.broken(at: at(19)) == nil)
    #expect(deadlines.broken(at: at(20)) == .timeout)
  }

  @Test func theAlarmRingsForTheEarliestDeadlineOnce() {
    let alarm = DeadlineAlarm()
    alarm.include(nil)
    #expect(!alarm.rings(at: at(1000)))
    alarm.include(at(20))
    alarm.include(at(10))
    alarm.include(at(30))
    #expect(alarm.earliest == at(10) && !alarm.rings(at: at(9)))
    #expect(alarm.rings(at: at(10)) && !alarm.rings(at: at(1000)))
  }
}
