import Testing

@testable import AMQP

/// Transcripts: what was published, what the broker said, what the owner is told.
struct ConfirmLedgerTests {
  private var ledger = ConfirmLedger<String>()
  private let later = ContinuousClock.now + .seconds(60)

  private func key(_ id: String) -> ReturnKey {
    ReturnKey(messageID: id, exchange: "x", routingKey: "k")
  }

  private mutating func publish(_ ids: String...) {
    for id in ids { ledger.record(id, key: key(id), deadline: later) }
  }

  private func told(_ settlements: [ConfirmLedger<String>.Settlement]) -> [String] {
    settlements.map { "\($0.slot) \($0.outcome)" }
  }

  @Test mutating func `a single ack settles the publish with that number`() {
    publish("a", "b", "c")
    #expect(told(ledger.acknowledged(2, multiple: false)) == ["b confirmed"])
    #expect(ledger.openCount == 2)
  }

  @Test mutating func `a multiple ack settles all up to its number that are still open`() {
    publish("a", "b", "c", "d")
    _ = ledger.acknowledged(2, multiple: false)
    #expect(told(ledger.acknowledged(3, multiple: true)) == ["a confirmed", "c confirmed"])
    #expect(ledger.openCount == 1)
  }

  @Test mutating func `answers may come out of order`() {
    publish("a", "b", "c")
    #expect(told(ledger.acknowledged(3, multiple: false)) == ["c confirmed"])
    #expect(told(ledger.rejected(1, multiple: false)) == ["a nacked"])
    #expect(told(ledger.acknowledged(2, multiple: false)) == ["b confirmed"])
    #expect(ledger.openCount == 0)
  }

  @Test mutating func `a multiple ack of zero settles everything`() {
    publish("a", "b")
    #expect(told(ledger.acknowledged(0, multiple: true)) == ["a confirmed", "b confirmed"])
  }

  @Test mutating func `a multiple nack settles all as nacked`() {
    publish("a", "b", "c")
    #expect(told(ledger.rejected(2, multiple: true)) == ["a nacked", "b nacked"])
  }

  @Test mutating func `a returned message is settled as returned by its ack`() {
    publish("a", "b")
    ledger.returned(key("b"), code: 312, text: "NO_ROUTE")
    #expect(
      told(ledger.acknowledged(2, multiple: true)) == [
        "a confirmed", "b returned(code: 312, text: \"NO_ROUTE\")",
      ])
  }

  @Test mutating func `returns of equal ids belong to the oldest first`() {
    publish("a", "a", "a")
    ledger.returned(key("a"), code: 312, text: "")
    ledger.returned(key("a"), code: 312, text: "")
    let outcomes = ledger.acknowledged(3, multiple: true).map(\.outcome)
    #expect(
      outcomes == [.returned(code: 312, text: ""), .returned(code: 312, text: ""), .confirmed])
  }

  @Test mutating func `a return behind the last one is still found`() {
    publish("a", "b")
    ledger.returned(key("b"), code: 312, text: "")
    ledger.returned(key("a"), code: 312, text: "")
    let outcomes = ledger.acknowledged(2, multiple: true).map(\.outcome)
    #expect(outcomes == [.returned(code: 312, text: ""), .returned(code: 312, text: "")])
  }

  @Test mutating func `a return of an unknown message changes nothing`() {
    publish("a")
    ledger.returned(key("z"), code: 312, text: "")
    #expect(told(ledger.acknowledged(1, multiple: false)) == ["a confirmed"])
  }

  @Test mutating func `an answer twice, or for a number never used, is ignored`() {
    publish("a")
    _ = ledger.acknowledged(1, multiple: false)
    #expect(ledger.acknowledged(1, multiple: false).isEmpty)
    #expect(ledger.acknowledged(7, multiple: false).isEmpty)
    #expect(ledger.rejected(UInt64.max, multiple: true).isEmpty)
    #expect(ledger.openCount == 0)
  }

  @Test mutating func `a publish without a slot takes a number and tells nobody`() {
    ledger.record(nil, key: nil, deadline: later)
    publish("b")
    #expect(ledger.acknowledged(1, multiple: false).isEmpty)
    #expect(told(ledger.acknowledged(2, multiple: false)) == ["b confirmed"])
  }

  @Test mutating func `a close makes the open ones unknown and begins anew at one`() {
    publish("a", "b")
    _ = ledger.acknowledged(1, multiple: false)
    #expect(told(ledger.close(.connectionLost)) == [told(.connectionLost, "b")])
    publish("c")
    #expect(told(ledger.acknowledged(1, multiple: false)) == ["c confirmed"])
  }

  @Test mutating func `what waits past its deadline is unknown, and its late ack is ignored`() {
    let now = ContinuousClock.now
    ledger.record("a", key: nil, deadline: now)
    ledger.record("b", key: nil, deadline: now + .seconds(1))
    #expect(told(ledger.expire(at: now)) == [told(.timeout, "a")])
    #expect(ledger.nextDeadline == now + .seconds(1))
    #expect(told(ledger.acknowledged(2, multiple: true)) == ["b confirmed"])
  }

  @Test mutating func `numbers go on over many thousands`() {
    for round in 0..<20 {
      for index in 0..<1000 { publish("\(round)-\(index)") }
      let last = UInt64((round + 1) * 1000)
      #expect(ledger.acknowledged(last - 1, multiple: true).count == (round == 0 ? 999 : 1000))
    }
    #expect(ledger.openCount == 1)
  }

  private func told(_ reason: PublishOutcome.UnknownReason, _ slot: String) -> String {
    "\(slot) \(PublishOutcome.unknown(reason))"
  }
}
