/// Sends HTTP requests over libcurl, on one thread of its own, and keeps connections for reuse.
///
/// One client is meant for one purpose and one tenant: its connections are shared by all of its
/// callers. It needs no closing; its connections end when it is released and the last of its
/// transfers is over.
public final class HTTPClient: Sendable {
  let loop: TransferLoop
  private let egress: EgressPolicy

  /// Opens nothing yet.
  public init(configuration: Configuration = Configuration()) {
    egress = configuration.egress
    loop = TransferLoop(configuration: configuration)
  }

  /// Sends a request and returns when the head of the answer has come, whatever its status is.
  ///
  /// Redirects are answers like any other. Give the request ``HTTPRequest/Limits/stream``, or
  /// limits of its own: a total one goes on while the body is read. Cancelling the task ends the
  /// transfer and closes its connection; after the head, ``HTTPBody`` says what does.
  ///
  /// - Throws: ``HTTPError``; with ``HTTPError/Code/cancelled`` when the task was cancelled.
  public func stream(_ request: HTTPRequest) async throws(HTTPError) -> HTTPStreamedResponse {
    try request.check()
    if egress.isGuarded { try egress.locate(request) }
    guard !Task.isCancelled else {
      throw HTTPError(.cancelled, "the request was cancelled", endpoint: request.endpoint)
    }
    // The lease, so that whoever leaves here early ends the transfer.
    let body = HTTPBody(try await loop.start(request))
    let head = try await body.channel.head()
    return HTTPStreamedResponse(status: head.status, headers: head.headers, body: body)
  }

  /// Sends a request and waits for the whole answer, whatever its status is.
  ///
  /// Redirects are answers like any other. Cancelling the task ends the transfer and closes its
  /// connection.
  ///
  /// - Throws: ``HTTPError``; with ``HTTPError/Code/cancelled`` when the task was cancelled.
  public func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
    let response = try await stream(request)
    let body = try await response.body.collect(upTo: request.limits.maximumBodyBytes)
    return HTTPResponse(status: response.status, headers: response.headers, body: body)
  }
}
