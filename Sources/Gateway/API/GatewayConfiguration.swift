/// How a gateway node listens and what it refuses. The executable reads and checks the values.
public struct GatewayConfiguration: Sendable {
  /// The address to listen on, as a name or an IP.
  public var host = "127.0.0.1"
  /// 0 lets the system choose; ``Gateway/boundPort`` tells what it chose.
  public var port = 18789
  /// The largest request body in bytes, but for batches (16 MiB); more is refused with 413.
  public var bodyLimit = 1_048_576
  /// The longest request target in bytes; more is refused with 414.
  public var targetLimit = 8_192
  /// The most bytes of all header names and values together; more is refused with 431.
  public var headerBytesLimit = 16_384
  /// The most header fields; more are refused with 431.
  public var headerCountLimit = 100
  /// The most connections at once. Lowered to what the process's file descriptors allow.
  public var maximumConnections = 8_192
  /// A connection that sends nothing for so long, or takes nothing of an answer, is closed. A
  /// stream that the client takes is not idle.
  public var idleTimeout: Duration = .seconds(60)
  /// A request's head that has begun and is not whole after so long is refused with 408.
  public var headTimeout: Duration = .seconds(10)
  /// A request that has not been read whole after so long is refused with 408.
  public var requestTimeout: Duration = .seconds(30)
  /// How long `/readyz` says that the node drains before it stops to accept connections.
  public var drainDelay: Duration = .zero
  /// How long requests under way may go on once the node has stopped accepting connections.
  public var drainTimeout: Duration = .seconds(20)
  /// Authenticates cursors: a keyed hash (such as HMAC-SHA-256) of the bytes, at least 16 bytes
  /// long, with one key on all nodes.
  public var sign: @Sendable ([UInt8]) -> [UInt8]

  /// Defaults for everything but the key of the cursors.
  public init(sign: @escaping @Sendable ([UInt8]) -> [UInt8]) { self.sign = sign }
}
