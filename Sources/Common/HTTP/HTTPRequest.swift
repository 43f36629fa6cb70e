/// A request with its whole body in memory.
public struct HTTPRequest: Sendable {
  /// Sent as it is spelled.
  public var method: HTTPMethod
  /// An absolute `http` or `https` URL of printable ASCII without user name and fragment.
  public var url: String
  /// Sent as they are. `Host`, `Content-Length` and `Accept` are added where they are missing.
  public var headers: HTTPHeaders
  /// `nil` sends none; an empty one sends `Content-Length: 0`.
  public var body: [UInt8]?
  /// Times and sizes past which the request fails.
  public var limits: Limits
  /// Whether to ask for gzip and to undo it, so that the body is what was compressed. An answer in
  /// any other content coding is then a `protocolError`. Off unless told otherwise.
  public var acceptsGzip = false

  /// - Parameter limits: For a stream, take ``Limits/stream``.
  public init(
    _ method: HTTPMethod = .get, url: String, headers: HTTPHeaders = [:], body: [UInt8]? = nil,
    limits: Limits
  ) {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
    self.limits = limits
  }

  /// A request whose answer comes in one piece.
  ///
  /// - Parameters:
  ///   - timeout: ``Limits/total``; 60 s unless told otherwise.
  ///   - maximumBodyBytes: 16 MiB unless told otherwise.
  public init(
    _ method: HTTPMethod = .get, url: String, headers: HTTPHeaders = [:], body: [UInt8]? = nil,
    timeout: Duration = .seconds(60), maximumBodyBytes: Int = 16 << 20
  ) {
    self.init(
      method, url: url, headers: headers, body: body,
      limits: Limits(total: timeout, maximumBodyBytes: maximumBodyBytes))
  }
}

extension HTTPRequest: CustomStringConvertible {
  /// Method and server; never path, query, headers or body, which may hold secrets.
  public var description: String { "\(method) \(endpoint)" }

  /// Scheme, host and port as they stand in the URL, for messages.
  ///
  /// - Returns: `?` for a URL that has none, or that holds a user name.
  public var endpoint: String {
    guard let scheme = url.firstRange(of: "://") else { return "?" }
    let authority = url[scheme.upperBound...].utf8.prefix { !"/?#\\".utf8.contains($0) }
    guard !authority.isEmpty, !authority.contains(UInt8(ascii: "@")) else { return "?" }
    return String(url[..<authority.endIndex])
  }
}
