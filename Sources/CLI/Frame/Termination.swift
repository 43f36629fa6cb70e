import Glibc
import Synchronization

/// What is left to do after SIGTERM, once the command has given the terminal back.
enum Termination {
  private static let isDue = Atomic(false)

  /// Notes that the signal came.
  static func demand() { isDue.store(true, ordering: .relaxed) }

  /// Ends the process by the signal if it came, so that its starter sees what ended it.
  static func finish() {
    guard isDue.load(ordering: .relaxed) else { return }
    signal(SIGTERM, SIG_DFL)
    // A signal source keeps its signal blocked.
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGTERM)
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    raise(SIGTERM)
  }
}
