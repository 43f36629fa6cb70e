import Engine
import Executors
import Synchronization

/// A thread for each slot, so that a skill that blocks holds up nobody, and the end of the lease
/// of what runs there.
final class SlotThreads: Sendable {
  private let executors: [ThreadTaskExecutor]
  private let leases: Mutex<[ContinuousClock.Instant]>

  init(count: Int) {
    executors = (0..<count).map { ThreadTaskExecutor(name: "slot-\($0)") }
    leases = Mutex(Array(repeating: .now, count: count))
  }

  subscript(_ number: Int) -> ThreadTaskExecutor { executors[number % executors.count] }

  func extend(_ number: Int?, until: ContinuousClock.Instant) {
    guard let number, number < executors.count else { return }
    leases.withLock { $0[number] = until }
  }

  /// Whether five seconds of the slot's lease are left: enough to begin a call.
  func mayCall(_ number: Int) -> Bool {
    leases.withLock { number < $0.count && $0[number] - .now >= .seconds(5) }
  }
}
