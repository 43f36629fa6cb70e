/// A task executor with one thread of its own, for work that may block, such as file access.
///
/// Use it with `withTaskExecutorPreference`. Code that prefers it runs on its thread between
/// suspensions, so a blocking call holds up nothing but that one task.
public final class ThreadTaskExecutor: TaskExecutor {
  private let inbox: ThreadInbox

  /// Starts the thread; it ends when the executor is released.
  ///
  /// - Parameter name: The thread's name as debuggers show it; cut to 15 bytes.
  public init(name: String) {
    inbox = ThreadInbox(name: name)
    let runner = asUnownedTaskExecutor()
    inbox.start { $0.runSynchronously(on: runner) }
  }

  deinit { inbox.stop() }

  /// Safe from any thread; jobs run one at a time, in the order of their arrival.
  public func enqueue(_ job: consuming ExecutorJob) { inbox.push(.job(UnownedJob(job))) }
}
