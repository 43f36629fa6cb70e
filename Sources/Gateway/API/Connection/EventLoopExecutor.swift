import NIOCore

/// Runs tasks on the thread of an event loop.
///
/// A connection's requests are read, handled and answered where its socket is served: without it
/// each request changes threads three times, which cost more than its own work.
final class EventLoopExecutor: TaskExecutor {
  private let loop: any EventLoop

  init(_ loop: any EventLoop) { self.loop = loop }

  /// Jobs run in the order of their arrival, one at a time.
  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    loop.execute { [self] in job.runSynchronously(on: asUnownedTaskExecutor()) }
  }
}
