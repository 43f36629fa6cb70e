import Executors
import Glibc

extension ThreadExecutor {
  /// Waits for time to pass, and lets the executor's other jobs run meanwhile.
  ///
  /// - Parameter isOver: Looked at after each job; true ends the wait.
  func sleep(
    until end: ContinuousClock.Instant, unless isOver: () -> Bool,
    isolation: isolated (any Actor)? = #isolation
  ) async {
    while !isOver(), ContinuousClock.now < end {
      await rest(on: -1, atMost: end - .now)
    }
  }

  /// Waits for a socket or for time, and lets the executor's other jobs run meanwhile.
  ///
  /// Call it from an actor on this executor; negative descriptors wait for time alone. It may
  /// return early: the caller looks what has changed.
  func rest(
    on descriptor: Int32, atMost timeout: Duration, isolation: isolated (any Actor)? = #isolation
  ) async {
    _ = poll(descriptor, events: Int32(POLLIN), timeout: timeout)
    if hasJobs { await yield(isolation: isolation) }
  }
}
