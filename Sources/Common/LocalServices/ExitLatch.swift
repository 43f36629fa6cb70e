import Foundation
import Synchronization

/// Remembers how one guard ended and wakes those who wait for it.
final class ExitLatch: Sendable {
  private struct State {
    var status: ProcessExit?
    var waiters: [@Sendable (ProcessExit) -> Void] = []
  }

  private let pid: pid_t
  private let state = Mutex(State())
  /// The program below the guard, once known.
  let childPID = Mutex<pid_t?>(nil)

  init(pid: pid_t) { self.pid = pid }

  /// How it ended, if it has.
  var current: ProcessExit? { state.withLock { $0.status } }

  /// Waits for the end.
  var value: ProcessExit {
    get async {
      await withCheckedContinuation { continuation in
        whenEnded { continuation.resume(returning: $0) }
      }
    }
  }

  /// Calls `body` once it has ended, at once if it has; on whatever thread notices.
  func whenEnded(_ body: @escaping @Sendable (ProcessExit) -> Void) {
    let ended = state.withLock { state in
      if state.status == nil { state.waiters.append(body) }
      return state.status
    }
    if let ended { body(ended) }
  }

  /// Sends the guard a signal unless it has been reaped: its number may be another process's then.
  func signalGuard(_ signal: Int32) {
    state.withLock { state in
      if state.status == nil { kill(pid, signal) }
    }
  }

  /// Blocks the calling thread until the guard has ended, then reaps it and wakes the waiters.
  func waitAndSet() {
    var info = siginfo_t()
    // Looked at without reaping first, so that the reaping happens under the lock of signalGuard.
    while waitid(P_PID, id_t(pid), &info, WEXITED | WNOWAIT) != 0 && errno == EINTR {}
    let (status, waiters) = state.withLock { state in
      var raw: Int32 = 0
      let reaped = waitpid(pid, &raw, 0) == pid
      let killed = reaped && raw & 0x7f != 0
      if killed { killGroupOfOrphan() }
      let status = reaped ? ProcessExit(waitStatus: raw) : ProcessExit(code: 255)
      state.status = status
      defer { state.waiters = [] }
      return (status, state.waiters)
    }
    for waiter in waiters { waiter(status) }
  }

  /// A guard that was killed could end nothing. The kernel kills its program; this, the rest of the
  /// program's process group.
  private func killGroupOfOrphan() {
    guard let child = childPID.withLock({ $0 }) else { return }
    kill(-child, SIGKILL)
  }
}

/// A continuation that several may want to resume: the first one does.
final class FirstResult: Sendable {
  private let continuation: Mutex<CheckedContinuation<ProcessExit, Never>?>

  init(_ continuation: CheckedContinuation<ProcessExit, Never>) {
    self.continuation = Mutex(continuation)
  }

  func resume(returning status: ProcessExit) {
    let taken = continuation.withLock { continuation in
      defer { continuation = nil }
      return continuation
    }
    taken?.resume(returning: status)
  }
}
