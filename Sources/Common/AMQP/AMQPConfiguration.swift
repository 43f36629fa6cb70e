/// Where the broker is, who logs in, and how long anything may take.
public struct AMQPConfiguration: Sendable {
  /// Name or address of the broker. Default `localhost`.
  public var host = "localhost"
  /// TCP port. Default 5672.
  public var port: UInt16 = 5672
  /// The virtual host, not percent-encoded. Default `/`.
  public var virtualHost = "/"
  /// The user of SASL PLAIN. Default `guest`.
  public var username = "guest"
  /// The password of SASL PLAIN; never printed. Default `guest`.
  public var password = "guest"
  /// Shown in the broker's list of connections.
  public var connectionName: String
  /// Asked for at login, in whole seconds from 1; a peer silent for twice as long is gone.
  public var heartbeat: Duration = .seconds(10)
  /// Bounds the TCP connect, and then again the AMQP handshake. Name resolution is not bounded.
  public var connectTimeout: Duration = .seconds(5)
  /// Bounds each call that waits for an answer: declare, bind, consume and the like.
  public var rpcTimeout: Duration = .seconds(10)
  /// Bounds one batched write to the socket; past it the connection is dropped.
  public var writeTimeout: Duration = .seconds(5)
  /// A message not confirmed in this time is settled as unknown.
  public var confirmTimeout: Duration = .seconds(10)
  /// How long a shutdown waits for confirms, or for acks of what was delivered.
  public var drainTimeout: Duration = .seconds(5)
  /// The pauses between attempts to connect.
  public var backoff = Backoff()

  /// The defaults, for `guest` on this machine.
  public init(connectionName: String) { self.connectionName = connectionName }

  /// Reads an `amqp://` URI as the RabbitMQ URI specification has it.
  ///
  /// Left-out parts keep their defaults. No path means virtual host `/`; the path `/` means the
  /// virtual host with the empty name; the usual one is written `%2F`. A query is refused.
  ///
  /// - Throws: `badArgument` when it is not such a URI, or is `amqps://`; the text never quotes it.
  public init(url: String, connectionName: String) throws(AMQPError) {
    self.init(connectionName: connectionName)
    let parts = try URIParts(url)
    if let value = parts.host { host = value }
    if let value = parts.port { port = value }
    if let value = parts.username { username = value }
    if let value = parts.password { password = value }
    if let value = parts.virtualHost { virtualHost = value }
  }
}

extension AMQPConfiguration: CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  /// The place without the password.
  public var description: String {
    "amqp://\(username)@\(host):\(port)/\(virtualHost) (\(connectionName))"
  }

  /// The same as ``description``.
  public var debugDescription: String { description }

  /// Keeps `dump` and string interpolation of structs that hold this one from showing the password.
  public var customMirror: Mirror { Mirror(self, children: ["place": description]) }
}
