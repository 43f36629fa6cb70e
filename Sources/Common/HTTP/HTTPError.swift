/// Why there is no answer to a request.
public struct HTTPError: Error, Sendable {
  /// What went wrong; the list may grow.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    /// A word for logs, such as `connect_failed`.
    public let name: String

    /// Not an absolute http or https URL that libcurl takes.
    public static let badURL = Code(name: "bad_url")
    /// A method or header that cannot be sent.
    public static let badRequest = Code(name: "bad_request")
    /// The client's ``EgressPolicy`` forbids the URL's scheme, or every address of its host.
    /// Nothing was sent.
    public static let egressRefused = Code(name: "egress_refused")
    /// The host's name has no address.
    public static let resolveFailed = Code(name: "resolve_failed")
    /// No connection could be made.
    public static let connectFailed = Code(name: "connect_failed")
    /// The handshake failed, or the certificate is not trusted.
    public static let tls = Code(name: "tls")
    /// No connection within ``HTTPRequest/Limits/connect``.
    public static let connectTimeout = Code(name: "connect_timeout")
    /// Nothing of an answer within ``HTTPRequest/Limits/firstByte``.
    public static let firstByteTimeout = Code(name: "first_byte_timeout")
    /// An answer that stalled for ``HTTPRequest/Limits/idle``.
    public static let idleTimeout = Code(name: "idle_timeout")
    /// No whole answer within ``HTTPRequest/Limits/total``.
    public static let timeout = Code(name: "timeout")
    /// The connection broke, or closed before the answer was whole.
    public static let connectionLost = Code(name: "connection_lost")
    /// What came back is not HTTP.
    public static let protocolError = Code(name: "protocol_error")
    /// The answer has more than ``HTTPRequest/Limits/maximumBodyBytes``, or than a reader wanted.
    public static let bodyTooLarge = Code(name: "body_too_large")
    /// The answer's head has more than ``HTTPRequest/Limits/maximumHeaderBytes``.
    public static let headersTooLarge = Code(name: "headers_too_large")
    /// A server-sent event, or a line of one, is larger than its reader wanted.
    public static let eventTooLarge = Code(name: "event_too_large")
    /// A second reader of a body that can be read once.
    public static let bodyTaken = Code(name: "body_taken")
    /// The task was cancelled.
    public static let cancelled = Code(name: "cancelled")
    /// No descriptor, no memory, or a libcurl that lacks what is needed.
    public static let resources = Code(name: "resources")

    /// The name.
    public var description: String { name }
  }

  /// What a caller decides by.
  public let code: Code
  /// One sentence that may reach a user or a log: no path, query, header or body.
  public let message: String
  /// Scheme, host and port of the request; `nil` when its URL was refused, or without a request.
  public let endpoint: String?
  /// Whether something of the request was sent and no whole answer came, so that the server may
  /// have acted on it.
  public let isInDoubt: Bool
  /// The CURLcode behind it (libcurl-errors(3)), if there was one.
  public let curlCode: UInt32?
  /// The system's error number behind it, if there was one.
  public let systemError: Int32?

  init(
    _ code: Code, _ message: String, endpoint: String? = nil, isInDoubt: Bool = false,
    curlCode: UInt32? = nil, systemError: Int32? = nil
  ) {
    self.code = code
    self.message = message
    self.endpoint = endpoint
    self.isInDoubt = isInDoubt
    self.curlCode = curlCode
    self.systemError = systemError
  }

  /// Whether the same request may succeed later. Look at ``isInDoubt`` too before repeating one
  /// that must not happen twice.
  public var isRetryable: Bool {
    switch code {
    case .resolveFailed, .connectFailed, .connectionLost, .protocolError, .resources,
      .connectTimeout, .firstByteTimeout, .idleTimeout, .timeout:
      true
    default: false
    }
  }
}

extension HTTPError: CustomStringConvertible {
  /// `connect_failed at http://127.0.0.1:1: Couldn't connect to server (Connection refused)`.
  public var description: String {
    "\(code)\(endpoint.map { " at \($0)" } ?? ""): \(message)\(isInDoubt ? ", in doubt" : "")"
  }
}
