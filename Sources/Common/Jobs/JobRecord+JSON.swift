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
    [
      "id": .string(id.description), "target": .string(target.description),
      "priority": .string(priority.name), "state": .string(state.name),
      "error": error?.json ?? .null, "last_seq": .integer(lastSequence),
      "open_steps": .integer(Int64(openSteps)), "created_at": .time(createdAt),
      "started_at": .time(startedAt), "finished_at": .time(finishedAt),
      "cancel_requested_at": .time(cancelRequestedAt),
      "retry_of": retryOf.map { .string($0.description) } ?? .null,
      "run_at": .time(terms.runAt), "deadline": .time(terms.deadline),
      "session_id": terms.session.map { .string($0.description) } ?? .null,
      "webhook_id": terms.webhook.map { .string($0.description) } ?? .null,
      "unique_key": terms.uniqueKey.map(JSONValue.string) ?? .null,
      "batch_id": terms.batch.map { .string($0.description) } ?? .null,
      "schedule_id": terms.schedule.map { .string($0.description) } ?? .null,
      "parent_id": terms.parent.map { .string($0.description) } ?? .null,
      "root_id": terms.root.map { .string($0.description) } ?? .null,
    ]
  }

  /// The strong entity tag of ``json`` (RFC 9110, section 8.8.3).
  public var entityTag: String {
    let isBeingCancelled = cancelRequestedAt != nil && !state.isFinal
    return "\"\(lastSequence)-\(state.name)\(isBeingCancelled ? "-cancelling" : "")\""
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
  /// RFC 3339 in UTC with milliseconds, or `null` for what has not happened.
  public static func time(_ date: Date?) -> JSONValue {
    date.flatMap(timestamp).map(JSONValue.string) ?? .null
  }
}
