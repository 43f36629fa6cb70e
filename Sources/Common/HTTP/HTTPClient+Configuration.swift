extension HTTPClient {
  /// What holds for all requests of a client.
  public struct Configuration: Sendable {
    /// How many idle connections are kept for the next request; at least 1.
    public var maximumIdleConnections = 32
    /// Which HTTP is spoken.
    public var version = Version.automatic
    /// A PEM file of the certificates to trust in place of the system's; `nil` for the system's.
    public var certificateAuthorities: String?
    /// Where requests may go; anywhere unless told otherwise. It holds for the whole client, so that
    /// no connection of an unguarded request is there to be used by a guarded one.
    public var egress = EgressPolicy.unrestricted

    /// The defaults.
    public init() {}
  }

  /// Which HTTP a client speaks.
  public enum Version: Sendable, Hashable {
    /// HTTP/2 over TLS where the server offers it (ALPN), HTTP/1.1 elsewhere.
    case automatic
    /// HTTP/1.1 alone.
    case http1
    /// HTTP/2 without asking, also without TLS (RFC 9113, section 3.3); for tests, since each
    /// request has a connection of its own.
    case http2PriorKnowledge
  }
}
