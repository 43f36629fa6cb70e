import Foundation
package import HTTP
package import Jobs

/// What one client knows of a job from its event streams, over any number of connections.
package struct EventReading: Sendable {
  /// The seq of the last event, to go on from.
  package private(set) var lastID = ""
  /// The types of the stored events, in order, each once.
  package private(set) var types: [String] = []
  /// Whether the job's last event was read.
  package private(set) var isOver = false
  /// Pieces of text that came before they were stored.
  package private(set) var livePieces = 0
  /// What contradicts the rules of the stream; empty when all is well.
  package private(set) var faults: [String] = []
  private var texts: [String: (attempt: Int64, bytes: [UInt8])] = [:]
  /// How far the stored events' text goes, by turn.
  private var covered: [String: Int] = [:]
  /// The text of the stored events up to each of them, to go back to.
  private var saved: [[String: (attempt: Int64, bytes: [UInt8])]] = [[:]]

  /// Knows nothing yet.
  package init() {}

  /// The text of a turn by its step's id.
  package func text(of step: String) -> String? {
    texts[step].map { String(decoding: $0.bytes, as: UTF8.self) }
  }

  /// Takes the next event of a stream.
  package mutating func take(_ event: ServerSentEvent) throws {
    let envelope = try JSONValue(json: event.data.utf8)
    guard envelope["specversion"] == "1.0", envelope["type"]?.text == event.event,
      let data = envelope["data"]
    else { return faults.append("no CloudEvents envelope: \(event.data)") }
    // An event without an id of its own inherits the one before.
    if let id = event.id, id != lastID {
      if Int64(id) != (Int64(lastID) ?? 0) + 1 { faults.append("\(id) came after \(lastID)") }
      lastID = id
      types.append(event.event)
    } else {
      livePieces += 1
    }
    if event.event == "job.delta" { try takeText(data) }
    if types.count == saved.count { saveStoredText(data) }
    isOver = ["job.succeeded", "job.failed", "job.cancelled"].contains(event.event)
  }

  /// Goes back to an earlier event, as a client does that lost what it had not saved.
  package mutating func rewind(to sequence: Int) {
    lastID = sequence == 0 ? "" : String(sequence)
    types = Array(types.prefix(sequence))
    saved = Array(saved.prefix(sequence + 1))
    texts = saved.last ?? [:]
    covered = texts.mapValues(\.bytes.count)
    isOver = false
  }

  /// Keeps what a client that comes back with the last id must have: no live text beyond it.
  private mutating func saveStoredText(_ data: JSONValue) {
    if types.last == "job.delta", let step = data["step"]?.text, let end = data["offset"]?.int,
      let length = data["length"]?.int
    {
      covered[step] = max(covered[step] ?? 0, Int(end + length))
    }
    var stored = texts
    for (step, turn) in texts {
      stored[step] = (turn.attempt, Array(turn.bytes.prefix(covered[step] ?? 0)))
    }
    saved.append(stored)
  }

  private mutating func takeText(_ data: JSONValue) throws {
    guard let step = data["step"]?.text, let attempt = data["attempt"]?.int,
      let offset = data["offset"]?.int.map(Int.init), let length = data["length"]?.int
    else { return faults.append("no delta: \(data)") }
    var turn = texts[step] ?? (attempt, [])
    if attempt > turn.attempt { turn = (attempt, []) }
    guard attempt == turn.attempt else { return }
    guard let text = data["text"]?.text else {
      if offset + Int(length) > turn.bytes.count { faults.append("a range that was never sent") }
      return
    }
    if text.utf8.count != Int(length) { faults.append("a length that is not the text's") }
    guard offset <= turn.bytes.count else { return faults.append("a gap before \(offset)") }
    let end = min(turn.bytes.count, offset + text.utf8.count)
    if Array(text.utf8.prefix(end - offset)) != Array(turn.bytes[offset..<end]) {
      faults.append("other text at \(offset) than before")
    }
    turn.bytes.replaceSubrange(offset..<end, with: text.utf8)
    texts[step] = turn
  }
}

extension Client {
  /// Reads a job's events from where the reading stands.
  ///
  /// - Parameter stop: Asked after each event whether the client hangs up.
  /// - Returns: The status of the answer.
  package func events(
    of job: JobID, _ reading: inout EventReading,
    until stop: (EventReading) async throws -> Bool = { _ in false }
  ) async throws -> Int {
    let url = "http://127.0.0.1:\(port)/api/v1/jobs/\(job)/events"
    var limits = HTTPRequest.Limits.stream
    limits.maximumBodyBytes = .max
    var request = HTTPRequest(.get, url: url, limits: limits)
    request.headers["Authorization"] = "Bearer \(token)"
    if !reading.lastID.isEmpty { request.headers["Last-Event-ID"] = reading.lastID }
    let response = try await http.stream(request)
    guard response.status == 200 else { return response.status }
    for try await event in response.body.serverSentEvents() {
      try reading.take(event)
      if try await stop(reading) { break }
    }
    return response.status
  }
}
