import Glibc
import Synchronization

/// A serial executor with one thread of its own, for actors that own a C handle.
///
/// C calls that block (poll, TLS handshakes, name resolution) must not run on the cooperative
/// pool, which has only as many threads as cores. An actor that returns this executor from
/// `unownedExecutor` runs all of its code on the executor's thread, so its handle is touched
/// by that thread alone. The thread ends when the executor is released.
///
/// While such an actor waits for its socket it uses ``poll(_:events:timeout:)``, which also
/// returns as soon as another job is enqueued, so that waiting never delays a call.
public final class ThreadExecutor: SerialExecutor {
  private let inbox: ThreadInbox

  /// Starts the thread.
  ///
  /// - Parameter name: The thread's name as debuggers and `top -H` show it; cut to 15 bytes.
  public init(name: String) {
    inbox = ThreadInbox(name: name)
    let runner = asUnownedSerialExecutor()
    inbox.start { $0.runSynchronously(on: runner) }
  }

  deinit { inbox.stop() }

  /// Safe from any thread; jobs run one at a time, in the order of their arrival.
  public func enqueue(_ job: consuming ExecutorJob) { inbox.push(.job(UnownedJob(job))) }

  /// Does not retain the executor: the actor that returns it must.
  public func asUnownedSerialExecutor() -> UnownedSerialExecutor {
    UnownedSerialExecutor(ordinary: self)
  }

  /// Traps unless the current thread is the executor's.
  public func checkIsolated() {
    precondition(inbox.isCurrentThread, "not on the executor's thread")
  }

  /// Blocks the executor's thread until a descriptor is ready, a job is enqueued, or time is up.
  ///
  /// Call it only from code that runs on this executor. Wraps `poll(2)`.
  ///
  /// - Parameters:
  ///   - descriptor: An open file descriptor; negative waits for jobs and time alone.
  ///   - events: `POLLIN`, `POLLOUT` or both.
  ///   - timeout: The longest wait; rounded up to milliseconds.
  /// - Returns: What ended the wait. Readiness wins over waiting jobs.
  public func poll(_ descriptor: Int32, events: Int32, timeout: Duration) -> Wakeup {
    inbox.poll(descriptor, events: events, timeout: timeout)
  }

  /// Whether jobs wait for the executor. Readiness of a descriptor wins over them in
  /// ``poll(_:events:timeout:)``, so that a busy one could keep them out.
  public var hasJobs: Bool { inbox.hasEntries }

  /// Lets the jobs that wait for this executor run first.
  ///
  /// Call it only from an actor on this executor. `Task.yield()` would go by way of the cooperative
  /// pool and back: three changes of threads where none is needed.
  public func yield(isolation: isolated (any Actor)? = #isolation) async {
    await withUnsafeContinuation(isolation: isolation) { inbox.push(.yielded($0)) }
  }

  /// Why ``poll(_:events:timeout:)`` returned.
  public enum Wakeup: Sendable, Equatable {
    /// The descriptor is ready or has failed; the value is `revents` of `poll(2)`.
    case ready(Int32)
    /// Another job waits for the thread: let it run soon, with ``ThreadExecutor/yield(isolation:)``.
    case jobWaiting
    /// The time is up.
    case timedOut
  }
}
