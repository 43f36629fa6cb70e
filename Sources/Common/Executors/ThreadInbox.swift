import Glibc
import Synchronization

/// The job queue between a ``ThreadExecutor`` and its thread.
///
/// The thread owns it together with the executor, so that releasing the executor from its own
/// thread is safe.
final class ThreadInbox: Sendable {
  /// What the thread does next.
  enum Entry {
    case job(UnownedJob)
    /// Code of this thread that let the entries before it go first.
    case yielded(UnsafeContinuation<Void, Never>)
  }

  private struct State {
    private var entries: [Entry] = []
    private var first = 0
    var isStopped = false
    // A byte is, or is about to be, in the wake-up socket.
    var isSignalled = false
    var thread: pthread_t?

    var hasEntries: Bool { first < entries.count }

    mutating func append(_ entry: Entry) { entries.append(entry) }

    // One at a time: a job that polls must see the ones behind it as waiting.
    mutating func next() -> Entry? {
      guard hasEntries else { return nil }
      defer { dropTaken() }
      first += 1
      return entries[first - 1]
    }

    private mutating func dropTaken() {
      guard first == entries.count || first >= 1024 else { return }
      entries.removeFirst(first)
      first = 0
    }
  }

  private let state = Mutex(State())
  // Both ends of a socket pair: eventfd(2) is not in Swift's Glibc module, and pipe(2) cannot set
  // close-on-exec in the same call.
  private let wakeup: (read: Int32, write: Int32)
  private let name: String

  init(name: String) {
    self.name = name
    var ends: [Int32] = [-1, -1]
    let flags = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
    let failure = socketpair(AF_UNIX, Int32(flags), 0, &ends)
    precondition(failure == 0, "no file descriptor left for a thread's wake-up")
    wakeup = (ends[0], ends[1])
  }

  deinit {
    close(wakeup.read)
    close(wakeup.write)
  }

  /// Whether something waits for the thread. No system call.
  var hasEntries: Bool { state.withLock { $0.hasEntries } }

  var isCurrentThread: Bool {
    state.withLock { $0.thread.map { pthread_equal($0, pthread_self()) != 0 } ?? false }
  }

  func push(_ entry: Entry) {
    state.withLock { state in
      state.append(entry)
      let isOwn = state.thread.map { pthread_equal($0, pthread_self()) != 0 } ?? false
      guard !isOwn, !state.isSignalled else { return }
      state.isSignalled = true
      // Behind the lock: the entry may be the last one, with which the thread ends and this goes.
      wake()
    }
  }

  func stop() {
    state.withLock { state in
      state.isStopped = true
      state.isSignalled = true
    }
    wake()
  }

  /// Starts the thread, which gives each job to `run`.
  func start(run: @escaping @Sendable (UnownedJob) -> Void) {
    let context = Unmanaged.passRetained(ThreadContext(inbox: self, run: run))
    var thread = pthread_t()
    let failure = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        let context = Unmanaged<ThreadContext>.fromOpaque(argument).takeRetainedValue()
        context.inbox.loop(context.run)
        return nil
      }, context.toOpaque())
    precondition(failure == 0, "no thread could be started: error \(failure)")
    pthread_detach(thread)
  }

  func poll(_ descriptor: Int32, events: Int32, timeout: Duration) -> ThreadExecutor.Wakeup {
    let isWanted = state.withLock { state in
      if state.isSignalled { clearWakeup() }
      state.isSignalled = false
      return state.hasEntries || state.isStopped
    }
    var descriptors = [
      pollfd(fd: descriptor, events: Int16(truncatingIfNeeded: events), revents: 0),
      pollfd(fd: wakeup.read, events: Int16(POLLIN), revents: 0),
    ]
    let count = Glibc.poll(&descriptors, 2, isWanted ? 0 : Self.milliseconds(timeout))
    // A late byte of an earlier push, if no job is there: it must not end the next wait as well.
    if count > 0, descriptors[1].revents != 0 { clearWakeup() }
    if count > 0, descriptors[0].revents != 0 { return .ready(Int32(descriptors[0].revents)) }
    return isWanted || count > 0 ? .jobWaiting : .timedOut
  }

  private static func milliseconds(_ duration: Duration) -> Int32 {
    let (seconds, attoseconds) = duration.components
    guard seconds >= 0, attoseconds >= 0 else { return 0 }
    guard seconds < 1_000_000 else { return 1_000_000_000 }
    let fraction = (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
    return Int32(seconds * 1000 + fraction)
  }

  private func loop(_ run: (UnownedJob) -> Void) {
    state.withLock { $0.thread = pthread_self() }
    nameThread()
    while true {
      let (entry, isStopped) = state.withLock { ($0.next(), $0.isStopped) }
      switch entry {
      case .job(let job): run(job)
      case .yielded(let continuation): continuation.resume()
      case nil where isStopped: return
      case nil: _ = poll(-1, events: 0, timeout: .seconds(3600))
      }
    }
  }

  // pthread_setname_np(3) is not in Swift's Glibc module; the kernel's file does the same. A
  // failure leaves the thread with its parent's name.
  private func nameThread() {
    let file = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
    guard file >= 0 else { return }
    let bytes = Array(name.utf8.prefix(15))
    _ = write(file, bytes, bytes.count)
    close(file)
  }

  private func wake() {
    var byte: UInt8 = 1
    _ = send(wakeup.write, &byte, 1, Int32(MSG_NOSIGNAL))
  }

  private func clearWakeup() {
    var bytes: (UInt64, UInt64) = (0, 0)
    while read(wakeup.read, &bytes, 16) == 16 {}
  }
}

/// What the new thread takes over.
private final class ThreadContext: Sendable {
  let inbox: ThreadInbox
  let run: @Sendable (UnownedJob) -> Void

  init(inbox: ThreadInbox, run: @escaping @Sendable (UnownedJob) -> Void) {
    self.inbox = inbox
    self.run = run
  }
}
