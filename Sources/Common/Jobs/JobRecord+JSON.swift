public import FoundationEssentials

extension JobRecord {
  /// The job as the API shows it; `null` for what has not happened.
  public var json: JSONValue {
    var members = summary
    members["input"] = input
    members["result"] = result ?? .null
    return .object(members)
  }

  /// The job as lists show it: without input and result, which may be large.
  public var summary: [String: JSONValue] {
    let own: [String: JSONValue] = [
      "id": .string(id.description), "target": .string(target.description),
      "priority": .string(priority.name), "state": .string(state.name),
      "error": error?.json ?? .null, "last_seq": .integer(lastSequence),
      "open_steps": .integer(Int64(openSteps)), "created_at": .time(createdAt),
      "started_at": .time(startedAt), "finished_at": .time(finishedAt),
      "cancel_requested_at": .time(cancelRequestedAt),
      "retry_of": retryOf.map { .string($0.description) } ?? .null,
    ]
    return own.merging(terms.limits) { $1 }.merging(terms.places) { $1 }
  }

  /// The strong entity tag of ``json`` (RFC 9110, section 8.8.3): the newest event, and what changes
  /// without one.
  public var entityTag: String {
    var words = ["\(lastSequence)", state.name]
    if !state.isFinal {
      if cancelRequestedAt != nil { words.append("cancelling") }
      // That of a first step which was given back and claimed anew.
      if let startedAt { words.append("\(Int64(startedAt.timeIntervalSince1970 * 1_000))") }
    }
    // A period may end at any time, also after the job.
    if terms.uniqueKey != nil { words.append("unique") }
    return "\"\(words.joined(separator: "-"))\""
  }
}

extension JobTerms {
  /// When it runs, and how far it goes.
  fileprivate var limits: [String: JSONValue] {
    [
      "run_at": .time(runAt), "deadline": .time(deadline), "timeouts": timeouts,
      "max_attempts": maximumAttempts.map { .integer(Int64($0)) } ?? .null,
      "wait_for": signal?.json ?? .null,
      "unique_key": uniqueKey.map(JSONValue.string) ?? .null,
      "unique_scope": uniqueScope.map { .string($0.rawValue) } ?? .null,
      "unique_for": .duration(uniquePeriod),
    ]
  }

  /// What it is part of, and whom it tells.
  fileprivate var places: [String: JSONValue] {
    [
      "session_id": session.map { .string($0.description) } ?? .null,
      "webhook_id": webhook.map { .string($0.description) } ?? .null,
      "batch_id": batch.map { .string($0.description) } ?? .null,
      "schedule_id": schedule.map { .string($0.description) } ?? .null,
      "parent_id": parent.map { .string($0.description) } ?? .null,
      "root_id": root.map { .string($0.description) } ?? .null,
    ]
  }

  /// As they were sent, those that were not left out; `null` for none.
  private var timeouts: JSONValue {
    let given = ["queue": queueTimeout, "step": stepTimeout, "idle": idleTimeout]
      .compactMapValues { $0 }
    return given.isEmpty ? .null : .object(given.mapValues { .duration($0) })
  }
}

extension SignalWait {
  /// As it is sent.
  fileprivate var json: JSONValue {
    ["signal": .string(signal.description), "timeout": .duration(timeout)]
  }
}

extension StepRecord {
  /// The step as the API shows it; `null` for what has not happened.
  public var json: JSONValue {
    [
      "id": .string(id.description), "index": .integer(Int64(index)), "kind": .string(kind.name),
      "target": .string(target.description), "state": .string(state.name),
      "attempt": .integer(Int64(attempt)), "crashes": .integer(Int64(crashes)),
      "input": input ?? .null, "output": output ?? .null, "error": error?.json ?? .null,
      "attempt_history": .array(failedAttempts.map(\.json)),
      "effect": effect?.json ?? .null, "created_at": .time(createdAt),
      "started_at": .time(startedAt),
      "finished_at": .time(finishedAt),
    ]
  }
}

extension EffectRecord {
  /// The effect as a step shows it.
  public var json: JSONValue {
    [
      "state": .string(state.name), "attempt": .integer(Int64(attempt)),
      "started_at": .time(startedAt), "finished_at": .time(finishedAt),
    ]
  }
}

extension JSONValue {
  /// The text that ``DurationText`` reads, or `null` for none.
  public static func duration(_ duration: Duration?) -> JSONValue {
    duration.map { .string(DurationText.text(of: $0)) } ?? .null
  }

  /// RFC 3339 in UTC with milliseconds, or `null` for what has not happened.
  public static func time(_ date: Date?) -> JSONValue {
    date.flatMap(timestamp).map(JSONValue.string) ?? .null
  }
}
