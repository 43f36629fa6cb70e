/// Sends HTTP requests over libcurl, on one thread of its own, and keeps connections for reuse.
///
/// One client is meant for one purpose and one tenant: its connections are shared by all of its
/// callers. It needs no closing; its connections end when it is released.
public final class HTTPClient: Sendable {
  /// What holds for all requests of a client.
  public struct Configuration: Sendable {
    /// The longest wait for name resolution, TCP and TLS together; at least 1 ms.
    public var connectTimeout: Duration = .seconds(10)
    /// How many idle connections are kept for the next request; at least 1.
    public var maximumIdleConnections = 32

    /// The defaults.
    public init() {}
  }

  private let loop: TransferLoop

  /// Opens nothing yet.
  public init(configuration: Configuration = Configuration()) {
    loop = TransferLoop(configuration: configuration)
  }

  /// Sends a request and waits for the whole answer, whatever its status is.
  ///
  /// Redirects are answers like any other. Cancelling the task ends the transfer and closes its
  /// connection.
  ///
  /// - Throws: ``HTTPError``; with ``HTTPError/Code/cancelled`` when the task was cancelled.
  public func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
    try request.check()
    return try await loop.perform(request).get()
  }
}
