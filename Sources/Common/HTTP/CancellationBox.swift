import CCurl
import Glibc
import Synchronization

/// Names one transfer of one ``TransferLoop``.
struct TransferID: Hashable, Sendable {
  let number: Int
}

/// The transfers whose callers have given up, told to the loop's thread from any other.
///
/// A cancellation handler cannot await the loop. It leaves the id here and makes the descriptor
/// readable, which ends the loop's wait.
final class CancellationBox: Sendable {
  private let requested = Mutex<Set<TransferID>>([])
  /// An eventfd; negative when the process has no descriptor left.
  let descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Asks that a transfer end; one that is over already is no matter.
  func request(_ id: TransferID) {
    requested.withLock { _ = $0.insert(id) }
    var one: UInt64 = 1
    // A full counter means that the descriptor is readable, which is all that is wanted.
    _ = write(descriptor, &one, MemoryLayout<UInt64>.size)
  }

  /// Empties the box and clears the descriptor.
  func take() -> Set<TransferID> {
    var count: UInt64 = 0
    _ = read(descriptor, &count, MemoryLayout<UInt64>.size)
    return requested.withLock { requested in
      defer { requested = [] }
      return requested
    }
  }
}
