import Jobs

extension JobEvent {
  /// The event as `text/event-stream` (WHATWG HTML, section 9.2), its data a CloudEvent 1.0 in
  /// one line, the blank line at its end included.
  func write(to bytes: inout [UInt8]) {
    if let sequence { bytes += "id: \(sequence)\n".utf8 }
    bytes += "event: \(type.name)\ndata: ".utf8
    cloudEvent.write(to: &bytes)
    bytes += "\n\n".utf8
  }

  /// The CloudEvents 1.0 envelope in its JSON format.
  var cloudEvent: JSONValue {
    [
      "specversion": "1.0", "id": .string(cloudEventID),
      "source": .string("/api/v1/jobs/\(job)"), "type": .string(type.name),
      "subject": .string(job.description), "time": timestamp(at).map(JSONValue.string) ?? .null,
      "datacontenttype": "application/json", "data": data,
    ]
  }

  /// Unique for its source; the same whenever the same event is sent again.
  private var cloudEventID: String {
    if let sequence { return "\(job)/\(sequence)" }
    guard case .delta(let delta) = content else { return "\(job)/\(type.name)" }
    return "\(job)/\(delta.step)/\(delta.attempt)/\(delta.offset)"
  }

  private var data: JSONValue {
    switch content {
    case .none: ["state": .string(stateName)]
    case .step(let change): change.json
    case .change(let fields): ["changed": .array(fields.map(JSONValue.string))]
    case .delta(let delta): delta.json
    case .ended(let job): job.end
    }
  }

  /// The state of the job that an event without content brings about.
  private var stateName: String {
    switch type {
    case .queued: JobState.queued.name
    case .started, .step, .delta, .changed: JobState.running.name
    case .waiting: JobState.waiting.name
    case .succeeded: JobState.succeeded.name
    case .failed: JobState.failed.name
    case .cancelled: JobState.cancelled.name
    case .expired: JobState.expired.name
    }
  }
}

extension JobRecord {
  /// The `data` of the event that ends the job. A result above 64 KiB is left out: a reader that
  /// takes nothing must not cost a node much, and the job itself has it.
  fileprivate var end: JSONValue {
    var members: [String: JSONValue] = [
      "state": .string(state.name), "result": result ?? .null, "error": error?.json ?? .null,
    ]
    if let result, result.json.count > 64 << 10 {
      members["result"] = .null
      members["result_omitted"] = true
    }
    return .object(members)
  }
}

extension StepChange {
  /// The `data` of a `job.step` event.
  fileprivate var json: JSONValue {
    var members: [String: JSONValue] = [
      "step": .string(step.description), "index": .integer(Int64(index)),
      "kind": .string(kind.name), "target": .string(target.description),
      "state": state.map { .string($0.name) } ?? .null,
      "attempt": attempt.map { .integer(Int64($0)) } ?? .null,
    ]
    guard let error else { return .object(members) }
    members["error"] = error.json
    members["retry_at"] = .time(retryAt)
    return .object(members)
  }
}

extension TextDelta {
  /// The `data` of a `job.delta` event; without `text` when the client has it already.
  fileprivate var json: JSONValue {
    var members: [String: JSONValue] = [
      "step": .string(step.description), "attempt": .integer(Int64(attempt)),
      "offset": .integer(Int64(offset)), "length": .integer(Int64(length)),
    ]
    members["text"] = text.map(JSONValue.string)
    return .object(members)
  }
}
