import Foundation
import Synchronization

/// A TCP proxy before a server on 127.0.0.1 that fails its link on demand.
///
/// It has one thread of its own. What is set holds for all connections through it, those to come
/// included.
public final class FaultProxy: Sendable {
  /// No socket could be had.
  public struct CannotListen: Error {}

  struct State {
    var faults: [LinkDirection: LinkFault] = [.up: .none, .down: .none]
    /// Changes with each fault that is set, by which connections notice.
    var number = 0
    var cutsCommitsEvery: [PostgresWrite: Int] = [:]
    var commits: [PostgresWrite: Int] = [:]
    var counts = LinkCounts()
    var breaks = false
    var isOver = false
  }

  /// Where it listens on 127.0.0.1.
  public let port: UInt16
  let upstream: UInt16
  let followsPostgres: Bool
  let state = Mutex(State())
  private let wakeUp: Int32

  /// Begins to listen.
  ///
  /// - Parameters:
  ///   - upstream: The server's port; it need not listen yet.
  ///   - followsPostgres: Whether the server is a PostgreSQL, so that ``cutCommits(_:)`` works.
  /// - Throws: ``CannotListen``.
  public init(to upstream: UInt16, followsPostgres: Bool = false) throws {
    guard let (listener, port) = ProxySocket.listen() else { throw CannotListen() }
    var ends: [Int32] = [-1, -1]
    let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    guard socketpair(AF_UNIX, type, 0, &ends) == 0 else {
      close(listener)
      throw CannotListen()
    }
    self.port = port
    self.upstream = upstream
    self.followsPostgres = followsPostgres
    wakeUp = ends[0]
    let waker = ends[1]
    let thread = Thread { [self] in
      var loop = ProxyLoop(proxy: self, listener: listener, waker: waker)
      loop.run()
    }
    thread.name = "proxy-\(port)"
    thread.start()
  }

  /// Sets what happens to a direction, or to both.
  public func set(_ fault: LinkFault, _ direction: LinkDirection? = nil) {
    change { state in
      for way in LinkDirection.allCases where direction == nil || way == direction {
        state.faults[way] = fault
      }
      state.number += 1
    }
  }

  /// Swallows the answer to each nth write of a kind once the server has committed it, and resets
  /// both sides; an empty dictionary ends that.
  public func cutCommits(_ every: [PostgresWrite: Int]) {
    change { $0.cutsCommitsEvery = every }
  }

  /// Resets all connections there are.
  public func breakAll() { change { $0.breaks = true } }

  /// What it has done so far.
  public var counts: LinkCounts { state.withLock(\.counts) }

  /// Closes everything; the port refuses soon after.
  public func end() { change { $0.isOver = true } }

  private func change(_ body: (inout State) -> Void) {
    state.withLock { state in
      guard !state.isOver else { return }
      body(&state)
      var byte: UInt8 = 1
      // A full buffer means that it is being woken already.
      _ = write(wakeUp, &byte, 1)
      // The thread sees the end of the pair and what was set before it.
      if state.isOver { close(wakeUp) }
    }
  }
}
