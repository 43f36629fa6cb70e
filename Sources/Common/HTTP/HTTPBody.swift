/// The body of a streamed answer: pieces in the order they come, to be read once.
///
/// Reading pulls. While more than 256 KiB wait unread the transfer is paused, so that a slow reader
/// slows the server down; over HTTP/2 up to 32 MiB may be on their way by then. The transfer ends,
/// and its connection closes, as soon as the reading task is cancelled or nobody holds the body or
/// its iterator any more. An iterator that is dropped ends it too.
public struct HTTPBody: AsyncSequence, Sendable {
  /// Some bytes of the body; at least one, at most about 256 KiB. Where they are cut means nothing:
  /// also inside a UTF-8 sequence.
  public typealias Element = [UInt8]
  /// Why the body ended early.
  public typealias Failure = HTTPError

  private let lease: BodyLease

  var channel: ResponseChannel { lease.channel }

  init(_ channel: ResponseChannel) { lease = BodyLease(channel) }

  /// Starts to read; only the first iterator of a body gets anything.
  public func makeAsyncIterator() -> Iterator { Iterator(lease) }

  /// Reads what is left to the end.
  ///
  /// - Parameter maximum: The most bytes to take; a longer body ends the transfer.
  /// - Throws: ``HTTPError``; with `bodyTooLarge` for a longer one.
  public func collect(upTo maximum: Int) async throws(HTTPError) -> [UInt8] {
    var iterator = makeAsyncIterator()
    var body: [UInt8] = []
    while let bytes = try await iterator.next(isolation: nil) {
      guard bytes.count <= maximum - body.count else {
        throw channel.error(
          .bodyTooLarge, "the body has more than \(maximum) bytes", isInDoubt: true)
      }
      if body.isEmpty { body = bytes } else { body += bytes }
    }
    return body
  }

  /// Pulls the pieces of a body.
  public struct Iterator: AsyncIteratorProtocol {
    private let body: BodyLease
    // Ends the transfer with the iterator, also when the body lives on; `nil` for a second one.
    private let own: BodyLease?

    init(_ body: BodyLease) {
      self.body = body
      own = body.channel.claimReading() ? BodyLease(body.channel) : nil
    }

    /// Waits for the next bytes.
    ///
    /// - Returns: `nil` after the last ones of a whole body.
    /// - Throws: ``HTTPError``: what ended the transfer, again at each further call; `cancelled`
    ///   when the task is; `bodyTaken` for a second iterator.
    public mutating func next(
      isolation actor: isolated (any Actor)? = #isolation
    ) async throws(HTTPError) -> [UInt8]? {
      guard own != nil else {
        throw body.channel.error(.bodyTaken, "the body has a reader already", isInDoubt: false)
      }
      return try await body.channel.nextBytes(isolation: actor)
    }

    /// The error of one who makes something of the body.
    func error(_ code: HTTPError.Code, _ message: String) -> HTTPError {
      body.channel.error(code, message, isInDoubt: true)
    }
  }
}

/// Ends a transfer, if it is not over, when nobody holds this any more.
final class BodyLease: Sendable {
  let channel: ResponseChannel

  init(_ channel: ResponseChannel) { self.channel = channel }

  deinit { channel.abandon() }
}
