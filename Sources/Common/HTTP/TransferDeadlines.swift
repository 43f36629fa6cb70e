/// Decides when a transfer has taken too long, and which of its limits it broke.
///
/// The time to connect is libcurl's own business: it divides that among a host's addresses.
struct TransferDeadlines {
  typealias Instant = ContinuousClock.Instant

  private enum Phase {
    case connecting
    /// The request is on its way; since the last byte of it that was written.
    case awaitingAnswer(since: Instant)
    /// Since the last byte in either direction.
    case receiving(since: Instant)
    /// Not reading, because the reader has not caught up.
    case paused
  }

  private let limits: HTTPRequest.Limits
  private let start: Instant
  private var phase = Phase.connecting

  /// - Parameter start: When the caller asked for the transfer.
  init(_ limits: HTTPRequest.Limits, start: Instant) {
    self.limits = limits
    self.start = start
  }

  /// Some of the request was written.
  mutating func didSend(at now: Instant) {
    switch phase {
    case .connecting, .awaitingAnswer: phase = .awaitingAnswer(since: now)
    case .receiving: phase = .receiving(since: now)
    case .paused: break
    }
  }

  /// Some of the answer came.
  mutating func didReceive(at now: Instant) { phase = .receiving(since: now) }

  /// A whole interim head came: the answer itself has yet to begin.
  mutating func didReceiveInterimHead(at now: Instant) { phase = .awaitingAnswer(since: now) }

  /// Our own side stopped reading.
  mutating func didPause() { phase = .paused }

  /// Our own side reads again.
  mutating func didResume(at now: Instant) { phase = .receiving(since: now) }

  /// The earliest moment at which a limit may be broken; moves on with everything that happens.
  var next: Instant? {
    let total = limits.total.map { start + $0 }
    guard let silence else { return total }
    return total.map { min($0, silence.deadline) } ?? silence.deadline
  }

  /// The limit that is broken, if one is.
  func broken(at now: Instant) -> HTTPError.Code? {
    if let total = limits.total, now >= start + total { return .timeout }
    guard let silence, now >= silence.deadline else { return nil }
    return silence.code
  }

  private var silence: (deadline: Instant, code: HTTPError.Code)? {
    switch phase {
    case .connecting, .paused: nil
    case .awaitingAnswer(let since): limits.firstByte.map { (since + $0, .firstByteTimeout) }
    case .receiving(let since): limits.idle.map { (since + $0, .idleTimeout) }
    }
  }
}

/// When the deadlines of a loop's transfers have to be looked at next.
///
/// Deadlines mostly move away, so an alarm may come early, and never late.
final class DeadlineAlarm {
  private(set) var earliest: ContinuousClock.Instant?

  /// Makes sure that the alarm is not later than this.
  func include(_ instant: ContinuousClock.Instant?) {
    guard let instant else { return }
    earliest = earliest.map { min($0, instant) } ?? instant
  }

  /// Whether its time has come; clears it then, to be set anew.
  func rings(at now: ContinuousClock.Instant) -> Bool {
    guard let earliest, now >= earliest else { return false }
    self.earliest = nil
    return true
  }
}
