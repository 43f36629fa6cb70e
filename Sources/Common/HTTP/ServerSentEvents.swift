/// The events of a body, as they come; like the body, to be read once.
///
/// Comments, which servers send to keep a connection alive, count against the idle limit alone and
/// are not seen here. What follows the last blank line is dropped.
public struct ServerSentEvents: AsyncSequence, Sendable {
  /// One event.
  public typealias Element = ServerSentEvent
  /// Why the body ended early, or `eventTooLarge`.
  public typealias Failure = HTTPError

  let body: HTTPBody
  let maximumEventBytes: Int

  /// Starts to read; only the first iterator of a body gets anything.
  public func makeAsyncIterator() -> Iterator {
    Iterator(
      body: body.makeAsyncIterator(),
      parser: ServerSentEventParser(maximumEventBytes: maximumEventBytes))
  }

  /// Pulls the events of a body.
  public struct Iterator: AsyncIteratorProtocol {
    var body: HTTPBody.Iterator
    var parser: ServerSentEventParser

    /// What a reconnecting client sends as `Last-Event-ID`; empty when the server gave none.
    public var lastEventID: String { parser.lastEventID }

    /// The pause before a reconnection that the server asked for last.
    public var reconnectionTime: Duration? { parser.reconnectionTime }

    /// Waits for the next event.
    ///
    /// - Returns: `nil` when the body has ended.
    /// - Throws: ``HTTPError`` as the body's iterator does, and with `eventTooLarge`.
    public mutating func next(
      isolation actor: isolated (any Actor)? = #isolation
    ) async throws(HTTPError) -> ServerSentEvent? {
      while true {
        do throws(HTTPError) {
          if let event = try parser.next() { return event }
        } catch {
          throw body.error(error.code, error.message)
        }
        guard let bytes = try await body.next(isolation: actor) else { return nil }
        parser.push(bytes)
      }
    }
  }
}

extension HTTPBody {
  /// Reads the body as `text/event-stream`, whatever its content type says.
  ///
  /// - Parameter maximumEventBytes: The most bytes that one event, or one line, may have.
  public func serverSentEvents(maximumEventBytes: Int = 1 << 20) -> ServerSentEvents {
    ServerSentEvents(body: self, maximumEventBytes: maximumEventBytes)
  }
}
