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

  private func watch(token: TokenID? = nil) -> Watch {
    let watch = registry.watch(job, token: token)
    registry.learn(key, of: job)
    return watch
  }

  @Test func aWatchWantsItsShardBoundAndThenLooksOnce() {
    let watch = watch()
    #expect(!watch.take().isAny)
    #expect(registry.unbound.keys == ["shard.1"])
    registry.bound(["shard.1"], on: registry.unbound.connection)
    #expect(registry.unbound.keys.isEmpty && watch.take().isAny)
  }

  @Test func aBindingOfAnEarlierConnectionDoesNotCount() {
    let watch = watch()
    let before = registry.unbound.connection
    registry.unbindAll()
    registry.bound(["shard.1"], on: before)
    #expect(registry.unbound.keys == ["shard.1"])
    _ = watch.take()
  }

  @Test func forgedRepliesWakeNobody() {
    let watch = watch()
    _ = watch.take()
    registry.deliver(reply(.progress(sequence: 9, isFinal: true), key: [9]))
    registry.deliver(reply(.text(text(0)), key: [9]))
    let news = watch.take()
    #expect(!news.isAny && news.texts.isEmpty)
    registry.deliver(reply(.progress(sequence: 2, isFinal: false)))
    #expect(watch.take().isAny)
  }

  @Test func aReplyTellsThatTheJobIsOver() {
    let watch = watch()
    registry.deliver(reply(.progress(sequence: 2, isFinal: false)))
    registry.deliver(reply(.progress(sequence: 4, isFinal: true)))
    #expect(watch.take().isFinal)
    registry.deliver(reply(.progress(sequence: 5, isFinal: false)))
    #expect(!watch.take().isFinal)
  }

  @Test func aSlowWatcherKeepsABoundedNumberOfPieces() {
    let watch = watch()
    for offset in 0..<1000 { registry.deliver(reply(.text(text(offset)))) }
    #expect(watch.take().texts.map(\.offset) == Array(0..<Watch.capacity))
  }

  @Test func aWatchThatIsReleasedLeavesNothingBehind() {
    do {
      let watch = watch()
      #expect(registry.jobs == [watch.job])
    }
    #expect(registry.jobs.isEmpty)
    #expect(registry.dropUnused(for: .zero).isEmpty)  // it was never bound
    #expect(registry.unbound.keys.isEmpty)
  }

  @Test func aRevokedTokenEndsItsWatchesAlone() async {
    let (mine, other) = (TokenID(), TokenID())
    let first = watch(token: mine)
    let second = watch(token: other)
    #expect(registry.tokens == [mine, other])
    registry.revoke([mine])
    #expect(await first.bell.wait() == .ended)
    #expect(first.isRevoked && !second.isRevoked)
    second.wake()
    #expect(await second.bell.wait() == .rung)
  }

  @Test func theLookWakesForNewsAlone() {
    let watch = registry.watch(job, token: nil)
    _ = watch.take()
    registry.update(job, lastSequence: 3, replyKey: key)
    #expect(watch.take().isAny)
    registry.update(job, lastSequence: 3, replyKey: key)
    #expect(!watch.take().isAny)
  }

  /// The last reference to a watch goes while others look at all of them.
  @Test func watchesEndWhileTheirTokensAreRead() async {
    let registry = WatchRegistry { _ in "shard.1" }
    let ids = (0..<64).map { _ in JobID() }
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        for round in 0..<20_000 { _ = registry.watch(ids[round % 64], token: TokenID()) }
      }
      group.addTask {
        var held: [Watch] = []
        for round in 0..<20_000 {
          held.append(registry.watch(ids[round % 64], token: TokenID()))
          if held.count > 32 { held.removeAll() }
        }
      }
      group.addTask { for _ in 0..<5_000 { _ = registry.tokens } }
    }
    #expect(registry.jobs.isEmpty)
  }
}
