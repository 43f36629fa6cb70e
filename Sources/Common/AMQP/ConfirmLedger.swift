/// Pairs the broker's answers with what was published on one channel (pure).
///
/// RabbitMQ numbers the publishes of a channel from 1, beginning with `confirm.select`, and
/// answers with acks and nacks, single or multiple, in any order. A message that no queue takes is
/// returned first and then acked. `Slot` is whatever the owner wants back when one is settled.
struct ConfirmLedger<Slot> {
  /// An outcome for the owner of a slot.
  typealias Settlement = (slot: Slot, outcome: PublishOutcome)

  private struct Entry {
    var slot: Slot?
    var key: ReturnKey?
    var deadline: ContinuousClock.Instant
    var isSettled = false
    var returned: PublishOutcome?
  }

  // entries[head] has the tag `firstTag`.
  private var entries: [Entry] = []
  private var head = 0
  private var firstTag: UInt64 = 1
  // Returns come in the order of publishes: the search goes on where the last one ended.
  private var returnCursor: UInt64 = 1

  /// Publishes not settled yet.
  private(set) var openCount = 0

  /// When the oldest unsettled publish gives up waiting.
  var nextDeadline: ContinuousClock.Instant? {
    head < entries.count ? entries[head].deadline : nil
  }

  /// Notes one publish, in the order of writing.
  ///
  /// - Parameters:
  ///   - slot: Nil for a publish whose outcome nobody wants; it still takes a tag.
  ///   - key: Nil for one that is not mandatory.
  ///   - deadline: Not before that of the publish before it.
  mutating func record(_ slot: Slot?, key: ReturnKey?, deadline: ContinuousClock.Instant) {
    entries.append(Entry(slot: slot, key: key, deadline: deadline))
    openCount += 1
  }

  /// `basic.return`: keeps the outcome for the ack that follows.
  mutating func returned(_ key: ReturnKey, code: UInt16, text: String) {
    let cursor = max(returnCursor, firstTag)
    guard
      let tag = firstUnreturned(key, in: cursor..<endTag)
        ?? firstUnreturned(key, in: firstTag..<cursor)
    else { return }
    entries[index(of: tag)].returned = .returned(code: code, text: text)
    returnCursor = tag + 1
  }

  /// `basic.ack`; tag 0 with `multiple` means all. Tags not open are ignored.
  mutating func acknowledged(_ tag: UInt64, multiple: Bool) -> [Settlement] {
    settle(tag, multiple: multiple, as: .confirmed)
  }

  /// `basic.nack`, alike.
  mutating func rejected(_ tag: UInt64, multiple: Bool) -> [Settlement] {
    settle(tag, multiple: multiple, as: .nacked)
  }

  /// Gives up on what has waited for too long.
  mutating func expire(at now: ContinuousClock.Instant) -> [Settlement] {
    var settled: [Settlement] = []
    while head < entries.count, entries[head].deadline <= now {
      settleEntry(head, as: .unknown(.timeout), into: &settled)
      trim()
    }
    return settled
  }

  /// The channel is gone, and its numbering with it.
  mutating func close(_ reason: PublishOutcome.UnknownReason) -> [Settlement] {
    var settled: [Settlement] = []
    for index in head..<entries.count {
      settleEntry(index, as: .unknown(reason), into: &settled)
    }
    self = ConfirmLedger()
    return settled
  }

  private var endTag: UInt64 { firstTag + UInt64(entries.count - head) }

  private func index(of tag: UInt64) -> Int { head + Int(tag - firstTag) }

  private func firstUnreturned(_ key: ReturnKey, in tags: Range<UInt64>) -> UInt64? {
    tags.first { tag in
      let entry = entries[index(of: tag)]
      return !entry.isSettled && entry.returned == nil && entry.key == key
    }
  }

  private mutating func settle(
    _ tag: UInt64, multiple: Bool, as outcome: PublishOutcome
  ) -> [Settlement] {
    var settled: [Settlement] = []
    let last = multiple && tag == 0 ? endTag - 1 : tag
    guard last >= firstTag, last < endTag else { return [] }
    for number in (multiple ? firstTag : last)...last {
      settleEntry(index(of: number), as: outcome, into: &settled)
    }
    trim()
    return settled
  }

  private mutating func settleEntry(
    _ index: Int, as outcome: PublishOutcome, into settled: inout [Settlement]
  ) {
    guard !entries[index].isSettled else { return }
    entries[index].isSettled = true
    openCount -= 1
    if let slot = entries[index].slot { settled.append((slot, entries[index].returned ?? outcome)) }
    entries[index].slot = nil
  }

  private mutating func trim() {
    while head < entries.count, entries[head].isSettled {
      head += 1
      firstTag += 1
    }
    if head == entries.count || head >= 4096 {
      entries.removeFirst(head)
      head = 0
    }
  }
}

/// What a `basic.return` tells about the publish it belongs to.
struct ReturnKey: Hashable {
  var messageID: String?
  var exchange: String
  var routingKey: String
}
