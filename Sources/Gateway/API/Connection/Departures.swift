import NIOCore
import Synchronization

/// Tells the requests of a connection that its client has gone: it has closed its sending half,
/// or the connection is lost.
///
/// A handler that only waits reads and writes nothing, so it would not notice by itself.
final class Departures: Sendable {
  private let signals = Mutex<[ObjectIdentifier: OnceSignal]>([:])

  /// The signal of an open connection; one that is raised for a connection that is closed.
  func signal(of channel: any Channel) -> OnceSignal {
    if let known = signals.withLock({ $0[ObjectIdentifier(channel)] }) { return known }
    let raised = OnceSignal()
    raised.raise()
    return raised
  }

  func opened(_ channel: any Channel) {
    signals.withLock { $0[ObjectIdentifier(channel)] = OnceSignal() }
  }

  /// The client sends no more.
  func finished(_ channel: any Channel) {
    signals.withLock { $0[ObjectIdentifier(channel)] }?.raise()
  }

  func closed(_ channel: any Channel) {
    signals.withLock { $0.removeValue(forKey: ObjectIdentifier(channel)) }?.raise()
  }
}
