import HTTP
import Jobs

extension GatewayClient {
  /// The longest silence of an event stream: the gateway says something every 15 s.
  private static let longestSilence = Duration.seconds(40)

  /// Opens a job's event stream.
  ///
  /// - Parameter sequence: The last event that is known; 0 for none.
  /// - Returns: `nil` when the job is over and has no more events.
  /// - Throws: ``Failure``.
  func events(of id: JobID, after sequence: Int64) async throws -> HTTPBody? {
    var call = Call(path: "/jobs/\(id)/events")
    call.headers["Accept"] = "text/event-stream"
    if sequence > 0 { call.headers["Last-Event-ID"] = "\(sequence)" }
    return try await stream(call, longestSilence: Self.longestSilence)
  }
}
