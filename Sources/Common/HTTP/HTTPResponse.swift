/// An answer with its whole body; any status counts as an answer.
public struct HTTPResponse: Sendable {
  /// 200 to 599; interim answers (1xx) are skipped.
  public let status: Int
  /// The head's fields; trailers are dropped.
  public let headers: HTTPHeaders
  /// Without transfer coding. Content coding is left as it is, unless ``HTTPRequest/acceptsGzip``.
  public let body: [UInt8]

  /// An answer as a client would give it, for tests of what reads one.
  public init(status: Int, headers: HTTPHeaders, body: [UInt8]) {
    self.status = status
    self.headers = headers
    self.body = body
  }
}

extension HTTPResponse: CustomStringConvertible {
  /// Status and size; never headers or body.
  public var description: String { "\(status), \(body.count) bytes" }
}
