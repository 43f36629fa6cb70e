/// Decides who gets which connection. Pure: the pool carries out what it returns.
///
/// A slot is taken from when a connection begins to open until it is closed.
struct PoolState<Connection, Waiter: AnyObject> {
  /// What a caller that wants a connection is to do.
  enum Acquisition {
    /// Use this idle one.
    case use(Connection)
    /// Open one: a slot is reserved.
    case open
    /// Wait: the waiter is queued.
    case wait
    /// The pool is shut down.
    case closed
  }

  /// What becomes of a connection or slot given back.
  enum Release {
    /// Pass the connection on to this waiter.
    case give(Connection, to: Waiter)
    /// Let this waiter open one: the slot is its own now.
    case letOpen(Waiter)
    /// Close it: the pool is shut down.
    case close(Connection)
    /// Nothing to do.
    case none
  }

  private let maximum: Int
  private var idle: [Connection] = []
  private var waiters: [Waiter] = []
  private(set) var slots = 0
  private(set) var isClosed = false

  init(maximum: Int) { self.maximum = max(1, maximum) }

  var idleCount: Int { idle.count }
  var waiterCount: Int { waiters.count }

  /// The connection used last comes first, so that surplus ones stay idle.
  mutating func acquire(_ waiter: @autoclosure () -> Waiter) -> Acquisition {
    if isClosed { return .closed }
    if let connection = idle.popLast() { return .use(connection) }
    if slots < maximum {
      slots += 1
      return .open
    }
    waiters.append(waiter())
    return .wait
  }

  /// A usable connection comes back.
  mutating func release(_ connection: Connection) -> Release {
    if isClosed {
      slots -= 1
      return .close(connection)
    }
    if waiters.isEmpty {
      idle.append(connection)
      return .none
    }
    return .give(connection, to: waiters.removeFirst())
  }

  /// A connection was closed, or could not be opened.
  mutating func freeSlot() -> Release {
    if waiters.isEmpty || isClosed {
      slots -= 1
      return .none
    }
    return .letOpen(waiters.removeFirst())
  }

  /// A connection was lost, so the idle ones, which have heard nothing since, may be lost, too.
  /// Returns them to be closed: each that is only found out by a call costs that call's time.
  mutating func distrustIdle() -> [Connection] {
    defer {
      slots -= idle.count
      idle = []
    }
    return idle
  }

  /// Takes a waiter out; `false` when it has been served already.
  mutating func remove(_ waiter: Waiter) -> Bool {
    guard let index = waiters.firstIndex(where: { $0 === waiter }) else { return false }
    waiters.remove(at: index)
    return true
  }

  /// Shuts down. Returns the connections to close and the waiters to turn away.
  mutating func close() -> (connections: [Connection], waiters: [Waiter]) {
    defer {
      slots -= idle.count
      idle = []
      waiters = []
      isClosed = true
    }
    return (idle, waiters)
  }
}
