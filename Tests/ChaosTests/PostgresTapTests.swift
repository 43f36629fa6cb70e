import Testing

@testable import TestSupport

@Suite struct PostgresTapTests {
  @Test func anAnswerToAWriteIsKnownByItsStatement() {
    var tap = PostgresTap.started()
    tap.sent(message("P", "s1\0INSERT INTO jobs VALUES ($1)\0\0\0"))
    tap.sent(message("B", "\0s1\0\0\0\0\0\0\0") + message("S"))
    #expect(tap.isAwaitingWrite)
    #expect(tap.answered(message("C", "INSERT 0 1\0")) == nil)
    #expect(tap.answered(message("Z", "I")) == .accept)
    #expect(!tap.isAwaitingWrite)
  }

  @Test func aPreparedStatementIsRememberedByItsName() {
    var tap = PostgresTap.started()
    tap.sent(message("P", "s1\0UPDATE steps SET state = 3, claim_id = $1\0\0\0") + message("S"))
    #expect(tap.answered(message("Z", "I")) == nil)
    for _ in 0..<2 {
      tap.sent(message("B", "\0s1\0") + message("S"))
      #expect(tap.answered(message("Z", "I")) == .claim)
    }
  }

  @Test func aTransactionIsWrittenWhenItsLastAnswerSaysIdle() {
    var tap = PostgresTap.started()
    tap.sent(message("P", "\0BEGIN\0") + message("B", "\0\0"))
    tap.sent(message("P", "c\0UPDATE steps SET state = end_state\0") + message("B", "\0c\0"))
    tap.sent(message("S"))
    #expect(tap.answered(message("Z", "T")) == nil)
    tap.sent(message("P", "\0COMMIT\0") + message("B", "\0\0") + message("S"))
    #expect(tap.isAwaitingWrite)
    #expect(tap.answered(message("Z", "I")) == .finish)
  }

  @Test func readsAndFailuresCommitNothing() {
    var tap = PostgresTap.started()
    tap.sent(message("Q", "SELECT 1\0"))
    #expect(!tap.isAwaitingWrite && tap.answered(message("Z", "I")) == nil)
    tap.sent(message("Q", "DELETE FROM outbox\0"))
    #expect(tap.answered(message("E", "no") + message("Z", "I")) == nil)
    tap.sent(message("Q", "DELETE FROM outbox\0"))
    #expect(tap.answered(message("Z", "I")) == .other)
  }

  @Test func messagesMayComeByteByByteAndAfterARefusedEncryption() {
    var tap = PostgresTap()
    let ssl: [UInt8] = [0, 0, 0, 8, 4, 210, 22, 47]
    tap.sent(ssl)
    #expect(tap.answered([UInt8(ascii: "N")]) == nil)
    let all = startup + message("Q", "DELETE FROM outbox\0")
    for byte in all { tap.sent([byte]) }
    var committed: [PostgresWrite] = []
    for byte in message("R", "\0\0\0\0") + message("Z", "I") {
      committed += [tap.answered([byte])].compactMap { $0 }
    }
    #expect(committed == [.other])
  }
}

private let startup: [UInt8] = [0, 0, 0, 9, 0, 3, 0, 0, 0]

extension PostgresTap {
  /// One that has seen its connection begin.
  fileprivate static func started() -> PostgresTap {
    var tap = PostgresTap()
    tap.sent(startup)
    return tap
  }
}

private func message(_ type: Character, _ body: String = "") -> [UInt8] {
  let length = UInt32(body.utf8.count + 4)
  let bytes = withUnsafeBytes(of: length.bigEndian, Array.init)
  return Array(String(type).utf8) + bytes + Array(body.utf8)
}
