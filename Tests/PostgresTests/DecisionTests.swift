import Testing

@testable import Postgres

/// The pure decisions, as transcripts.
@Suite struct DecisionTests {
  private final class Waiter {}

  private struct Unexpected: Error {
    let step: String
    init(_ step: String) { self.step = step }
  }

  @Test func poolOpensUpToItsMaximumThenServesWaitersInOrder() throws {
    var pool = PoolState<String, Waiter>(maximum: 2)
    let (first, second) = (Waiter(), Waiter())
    guard case .open = pool.acquire(Waiter()), case .open = pool.acquire(Waiter()),
      case .wait = pool.acquire(first), case .wait = pool.acquire(second)
    else { throw Unexpected("two slots, then the queue") }
    guard case .give("a", let served) = pool.release("a") else { throw Unexpected("not given") }
    #expect(served === first)
    guard case .letOpen(let opener) = pool.freeSlot() else { throw Unexpected("slot lost") }
    #expect(opener === second)
    #expect(pool.slots == 2 && pool.waiterCount == 0)
    guard case .none = pool.release("a"), case .none = pool.release("b"),
      case .use("b") = pool.acquire(Waiter())
    else { throw Unexpected("the connection used last comes first") }
    let isQueued = pool.remove(first)
    #expect(!isQueued)
  }

  @Test func aLostConnectionTakesTheIdleOnesWithIt() throws {
    var pool = PoolState<String, Waiter>(maximum: 3)
    guard case .open = pool.acquire(Waiter()), case .open = pool.acquire(Waiter()),
      case .open = pool.acquire(Waiter()), case .none = pool.release("a"),
      case .none = pool.release("b")
    else { throw Unexpected("two idle, one in use") }
    let distrusted = pool.distrustIdle()
    #expect(distrusted == ["a", "b"])
    guard case .none = pool.freeSlot(), case .open = pool.acquire(Waiter()) else {
      throw Unexpected("a new one is opened")
    }
    #expect(pool.slots == 1 && pool.idleCount == 0)
  }

  @Test func closedPoolTakesConnectionsBackOnlyToCloseThem() throws {
    var pool = PoolState<String, Waiter>(maximum: 1)
    guard case .open = pool.acquire(Waiter()), case .wait = pool.acquire(Waiter()) else {
      throw Unexpected("one slot")
    }
    let turnedAway = pool.close().waiters.count
    #expect(turnedAway == 1)
    guard case .close("a") = pool.release("a"), case .closed = pool.acquire(Waiter()) else {
      throw Unexpected("still open")
    }
    #expect(pool.slots == 0)
  }

  private func next(
    _ watch: inout CallWatch, _ now: CallWatch.Instant, isCancelled: Bool
  ) -> CallWatch.Action {
    watch.next(now: now, isCancelled: isCancelled)
  }

  @Test func callIsCancelledAtItsDeadlineAndGivenUpAfterTheGrace() {
    let start = ContinuousClock.now
    var watch = CallWatch(deadline: start + .milliseconds(1500), isCancellable: true)
    #expect(next(&watch, start, isCancelled: false) == .wait(.seconds(1)))
    #expect(next(&watch, start + .seconds(1), isCancelled: false) == .wait(.milliseconds(500)))
    let deadline = start + .milliseconds(1500)
    #expect(next(&watch, deadline, isCancelled: false) == .cancel(.milliseconds(250)))
    #expect(
      next(&watch, deadline + .milliseconds(1900), isCancelled: false)
        == .cancel(.milliseconds(100)))
    #expect(next(&watch, deadline + .seconds(2), isCancelled: false) == .giveUp)
  }

  @Test func cancelledTaskCancelsOnlyACancellableCall() {
    let start = ContinuousClock.now
    var rollback = CallWatch(deadline: start + .seconds(5), isCancellable: false)
    #expect(next(&rollback, start, isCancelled: true) == .wait(.seconds(1)))
    var query = CallWatch(deadline: start + .seconds(5), isCancellable: true)
    #expect(next(&query, start, isCancelled: true) == .cancel(.milliseconds(250)))
  }

  private func loss(
    _ scope: Call.Scope, commits: Bool, completed: Int, isServersWord: Bool
  ) -> PostgresError.Code {
    let call = Call(
      statements: ["a", "b"], scope: scope, commits: commits, timeout: .seconds(1))
    var progress = CallProgress(call)
    for index in 0..<completed { progress.complete(index, StatementResult()) }
    let error = PostgresError(code: .connectionLost, message: "")
    return progress.loss(error, isServersWord: isServersWord).code
  }

  @Test func lostConnectionIsUnknownOnlyWhereACommitMayHaveHappened() {
    #expect(loss(.inside, commits: false, completed: 1, isServersWord: false) == .connectionLost)
    #expect(loss(.inside, commits: true, completed: 0, isServersWord: false) == .commitUnknown)
    #expect(loss(.inside, commits: true, completed: 1, isServersWord: true) == .connectionLost)
    #expect(loss(.inside, commits: true, completed: 2, isServersWord: true) == .commitUnknown)
    #expect(loss(.autocommit, commits: false, completed: 0, isServersWord: false) == .commitUnknown)
    #expect(loss(.autocommit, commits: false, completed: 1, isServersWord: true) == .connectionLost)
    #expect(loss(.autocommit, commits: false, completed: 2, isServersWord: true) == .commitUnknown)
  }

  @Test func cacheDropsTheLeastRecentlyUsed() {
    var cache = StatementCache(capacity: 2)
    let keys = ["a", "b", "c"].map { StatementCache.Key(SQL(unsafeRaw: $0)) }
    cache.insert(keys[0], name: "1")
    cache.insert(keys[1], name: "2")
    let first = cache.name(of: keys[0])
    #expect(first == "1")
    cache.insert(keys[2], name: "3")
    let (second, still) = (cache.name(of: keys[1]), cache.name(of: keys[0]))
    #expect(second == nil && still == "1")
    #expect(cache.dropped == ["2"])
    cache.remove(dropped: "2")
    #expect(cache.dropped.isEmpty)
    #expect(StatementCache.Key("x \(1)") != StatementCache.Key("x \(Int32(1))"))
  }
}
