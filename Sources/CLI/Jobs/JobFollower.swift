import HTTP
import Jobs

/// Reads a job's event stream to its end, over as many connections as it takes.
struct JobFollower: Sendable {
  let client: GatewayClient
  /// Whether the gateway has answered before, so that it may be restarting.
  var knowsGateway = true

  /// A connection that lasted so long was no failure to connect.
  private static let lastingConnection = Duration.seconds(5)

  /// Gives each event once, in order; live text as it comes.
  ///
  /// - Parameter sequence: The last event that is known; 0 for none.
  /// - Returns: When the event that ends the job was given, or there is no more.
  /// - Throws: ``CommandError`` when the gateway cannot be reached any more, or refuses.
  func follow(
    _ id: JobID, after sequence: Int64 = 0,
    onEvent: @Sendable (JobEventView) async throws -> Void
  ) async throws {
    var last = sequence
    var shortestPause = Duration.zero
    var policy = RetryPolicy(knowsGateway: knowsGateway)
    while true {
      let start = ContinuousClock.now
      let before = last
      let failure: GatewayClient.Failure
      do {
        guard let body = try await client.events(of: id, after: last) else { return }
        if try await read(body, &last, &shortestPause, onEvent) { return }
        failure = Self.cut
      } catch let error as GatewayClient.Failure {
        failure = error
      } catch let error as HTTPError {
        failure = GatewayClient.Failure(cause: .transport(error), error: CommandError(error))
      }
      if last > before || ContinuousClock.now - start > Self.lastingConnection {
        policy = RetryPolicy(knowsGateway: true)
      }
      guard let delay = policy.pause(after: failure.cause) else { throw failure.error }
      try await client.rest(max(delay, shortestPause))
    }
  }

  /// - Returns: Whether the job's end was among the events.
  private func read(
    _ body: HTTPBody, _ last: inout Int64, _ shortestPause: inout Duration,
    _ onEvent: @Sendable (JobEventView) async throws -> Void
  ) async throws -> Bool {
    var messages = body.serverSentEvents(maximumEventBytes: 64 << 20).makeAsyncIterator()
    while let message = try await messages.next() {
      // What the gateway asks for, unless nobody would wait that long.
      shortestPause = min(messages.reconnectionTime ?? .zero, RetryPolicy.longestPause)
      let event = try JobEventView(Self.document(message.data))
      if let sequence = event.sequence {
        guard sequence > last else { continue }
        last = sequence
      }
      try await onEvent(event)
      if case .ended = event.content { return true }
    }
    try Task.checkCancellation()
    return false
  }

  private static func document(_ data: String) throws -> JSONValue {
    do {
      return try JSONValue(json: data.utf8)
    } catch {
      throw CommandError.unexpectedAnswer
    }
  }

  private static let cut = GatewayClient.Failure(
    cause: .cut,
    error: CommandError(
      .unreachable, type: "stream_cut", "the gateway ends the event stream again and again"))
}
