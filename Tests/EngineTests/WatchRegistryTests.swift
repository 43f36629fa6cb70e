import JobQueue
import Jobs
import Testing

@testable import Engine

@Suite struct WatchRegistryTests {
  private let job = JobID()
  private let key: [UInt8] = [1, 2, 3]
  private let registry = WatchRegistry { _ in "shard.1" }

  private func text(_ offset: Int) -> Reply.Text {
    Reply.Text(step: StepID(), run: 1, offset: offset, sealed: [])
  }

  private func reply(_ content: Reply.Content, key: [UInt8]? = nil) -> Reply {
    Reply(job: job, key: key ?? self.key, content: content)
  }

  @Test func aWatchBeginsWithNewsAndWantsItsShardBound() {
    let watch = registry.watch(job, replyKey: key, token: nil)
    #expect(watch.take().hasNews)
    #expect(!watch.take().hasNews)
    #expect(registry.unbound.keys == ["shard.1"])
    registry.bound(["shard.1"], on: registry.unbound.connection)
    #expect(registry.unbound.keys.isEmpty && watch.take().hasNews)
  }

  @Test func aBindingOfAnEarlierConnectionDoesNotCount() {
    let watch = registry.watch(job, replyKey: key, token: nil)
    let before = registry.unbound.connection
    registry.unbindAll()
    registry.bound(["shard.1"], on: before)
    #expect(registry.unbound.keys == ["shard.1"])
    _ = watch.take()
  }

  @Test func forgedRepliesWakeNobody() {
    let watch = registry.watch(job, replyKey: key, token: nil)
    _ = watch.take()
    registry.deliver(reply(.progress(sequence: 9, isFinal: true), key: [9]))
    registry.deliver(reply(.text(text(0)), key: [9]))
    let (hasNews, texts) = watch.take()
    #expect(!hasNews && texts.isEmpty)
    registry.deliver(reply(.progress(sequence: 2, isFinal: false)))
    #expect(watch.take().hasNews)
  }

  @Test func aSlowWatcherKeepsABoundedNumberOfPieces() {
    let watch = registry.watch(job, replyKey: key, token: nil)
    for offset in 0..<1000 { registry.deliver(reply(.text(text(offset)))) }
    #expect(watch.take().texts.map(\.offset) == Array(0..<Watch.capacity))
  }

  @Test func aWatchThatIsReleasedLeavesNothingBehind() {
    do {
      let watch = registry.watch(job, replyKey: key, token: nil)
      #expect(registry.jobs == [watch.job])
    }
    #expect(registry.jobs.isEmpty)
    #expect(registry.dropUnused(for: .zero).isEmpty)  // it was never bound
    #expect(registry.unbound.keys.isEmpty)
  }

  @Test func aRevokedTokenEndsItsWatchesAlone() async {
    let (mine, other) = (TokenID(), TokenID())
    let first = registry.watch(job, replyKey: key, token: mine)
    let second = registry.watch(job, replyKey: key, token: other)
    #expect(registry.tokens == [mine, other])
    registry.revoke([mine])
    #expect(await first.bell.wait() == .ended)
    #expect(first.isRevoked && !second.isRevoked)
    #expect(await second.bell.wait() == .rung)
  }

  @Test func theLookWakesForNewsAlone() {
    let watch = registry.watch(job, replyKey: nil, token: nil)
    _ = watch.take()
    registry.update(job, lastSequence: 3, replyKey: key)
    #expect(watch.take().hasNews)
    registry.update(job, lastSequence: 3, replyKey: key)
    #expect(!watch.take().hasNews)
  }
}
