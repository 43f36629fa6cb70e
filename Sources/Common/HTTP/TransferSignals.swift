import CCurl
import Glibc
import Synchronization

/// Names one transfer of one ``TransferLoop``.
struct TransferID: Hashable, Sendable {
  let number: Int
}

/// What readers want of transfers, told to the loop's thread from any other.
///
/// A cancellation handler or a `deinit` cannot await the loop. It leaves the id here and makes the
/// descriptor readable, which ends the loop's wait.
final class TransferSignals: Sendable {
  struct Requests {
    /// Nobody waits for these any more.
    var abandoned: Set<TransferID> = []
    /// The readers of these have caught up.
    var resumed: Set<TransferID> = []
  }

  private let requests = Mutex(Requests())
  /// An eventfd; negative when the process has no descriptor left.
  let descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Asks that a transfer end; one that is over already is no matter.
  func abandon(_ id: TransferID) {
    requests.withLock { _ = $0.abandoned.insert(id) }
    wake()
  }

  /// Asks that a paused transfer go on.
  func resume(_ id: TransferID) {
    requests.withLock { _ = $0.resumed.insert(id) }
    wake()
  }

  /// Empties the box and clears the descriptor.
  func take() -> Requests {
    var count: UInt64 = 0
    _ = read(descriptor, &count, MemoryLayout<UInt64>.size)
    return requests.withLock { requests in
      defer { requests = Requests() }
      return requests
    }
  }

  private func wake() {
    var one: UInt64 = 1
    // A full counter means that the descriptor is readable, which is all that is wanted.
    _ = write(descriptor, &one, MemoryLayout<UInt64>.size)
  }
}
