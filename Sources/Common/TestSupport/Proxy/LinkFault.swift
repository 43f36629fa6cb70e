/// What a ``FaultProxy`` does to the bytes of one direction.
public enum LinkFault: Sendable, Hashable {
  /// Passes them on.
  case none
  /// Passes each on so much later.
  case latency(Duration)
  /// Takes them and passes nothing on. A connection that met it never recovers and hears nothing of
  /// the other side's end, as behind a router that has forgotten it; new ones do once it is lifted.
  case blackHole
  /// Takes no bytes until it is lifted, so that the sender's buffers fill.
  case stall
  /// Passes on so many bytes a second; at least 1.
  case throttle(bytesPerSecond: Int)
  /// Resets each connection (TCP RST, both sides) as soon as bytes come.
  case reset
  /// Passes so many more bytes of each connection on, then closes both sides.
  case cut(afterBytes: Int)
}

/// The two ways through a proxy.
public enum LinkDirection: Sendable, Hashable, CaseIterable {
  /// From who connected to the server.
  case up
  /// From the server to who connected.
  case down
}

/// What a proxy has done so far.
public struct LinkCounts: Sendable, Hashable {
  /// Connections taken.
  public var connections = 0
  /// Connections that were reset or cut on purpose.
  public var broken = 0
  /// Connections that have met a black hole.
  public var swallowed = 0
  /// Answers to writes that were swallowed although the server had committed, by the write's kind.
  public var cutCommits: [PostgresWrite: Int] = [:]
}
