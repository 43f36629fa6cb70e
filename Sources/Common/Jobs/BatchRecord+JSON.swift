extension BatchRecord {
  /// The batch as the API shows it.
  public var json: JSONValue {
    var members = summary
    if let callback = request.callback {
      members["callback"] = [
        "target": .string(callback.target.description), "input": callback.input,
        "priority": .string(callback.priority.name), "on": .string(request.condition.name),
      ]
    } else {
      members["callback"] = .null
    }
    return .object(members)
  }

  /// The batch as lists show it: without its callback, whose input may be large.
  public var summary: [String: JSONValue] {
    [
      "id": .string(id.description), "name": request.name.map(JSONValue.string) ?? .null,
      "state": .string(state.name), "cancelled": .bool(isCancelled),
      "total": .integer(Int64(counts.total)),
      "pending": .integer(Int64(max(0, counts.total - counts.ended))),
      "ended": [
        "succeeded": .integer(Int64(counts.succeeded)), "failed": .integer(Int64(counts.failed)),
        "cancelled": .integer(Int64(counts.cancelled)), "expired": .integer(Int64(counts.expired)),
      ],
      "callback_job": callbackJob.map { .string($0.description) } ?? .null,
      "callback_outcome": callbackOutcome.map(JSONValue.string) ?? .null,
      "created_at": .time(createdAt), "closed_at": .time(closedAt),
      "finished_at": .time(finishedAt),
    ]
  }
}
