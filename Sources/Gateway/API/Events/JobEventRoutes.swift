import HTTPTypes
import Hummingbird
import Jobs

/// `/api/v1/jobs/{id}/events`: what happened to a job, and what happens, as it happens.
struct JobEventRoutes: RouteGroup {
  let service: any JobService
  let drain: OnceSignal
  let departures: Departures

  var routes: [Route] {
    [Route(.get, "/api/v1/jobs/{id}/events", Self.document, .user(events))]
  }

  @Sendable private func events(
    _ request: Request, _ context: GatewayContext, _ principal: Principal
  ) async throws -> Response {
    let id = try context.jobID()
    let header = try RequestHeaders(fields: request.headers).lastEventID()
    let parameter = try context.query.sequence("after")
    let subscription = try await service.events(
      of: id, for: principal, after: header ?? parameter ?? 0)
    guard let subscription else { throw Problem.noSuchJob }
    guard !subscription.isExhausted else { return Response(status: .noContent) }
    let stream = EventStream(
      batches: subscription.batches, drain: drain,
      departure: departures.signal(of: context.channel), channel: context.channel,
      logger: context.logger)
    return Response(
      status: .ok,
      headers: [
        .contentType: "text/event-stream", .cacheControl: "no-store", .accelBuffering: "no",
      ],
      body: stream.body)
  }
}

extension RequestHeaders {
  /// The `Last-Event-ID` of a client that comes again (WHATWG HTML, section 9.2.5).
  ///
  /// - Returns: `nil` without the header.
  fileprivate func lastEventID() throws(Problem) -> Int64? {
    guard let text = fields[.lastEventID] else { return nil }
    guard let sequence = eventSequence(text) else {
      throw Problem(
        .malformedHeader, "The Last-Event-ID is not the id of an event.",
        faults: [.init(header: "last-event-id", "1 to 18 digits.")])
    }
    return sequence
  }
}

extension Query {
  /// The number of an event.
  ///
  /// - Returns: `nil` when the parameter is missing.
  fileprivate func sequence(_ name: String) throws(Problem) -> Int64? {
    guard let text = self[name] else { return nil }
    guard let sequence = eventSequence(text) else {
      throw Problem(
        .invalidQueryParameter, "A query parameter has a bad value.",
        faults: [.init(parameter: name, "The id of an event, 1 to 18 digits.")])
    }
    return sequence
  }
}

/// 1 to 18 decimal digits and nothing else.
private func eventSequence(_ text: String) -> Int64? {
  guard (1...18).contains(text.utf8.count),
    text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
  else { return nil }
  return Int64(text)
}
