import Jobs

extension DeadStep {
  /// The step as the API shows it.
  var json: JSONValue { .object(members) }

  fileprivate var members: [String: JSONValue] {
    [
      "step": .string(id.description), "job": .string(job.description),
      "user": .string(user.description), "target": .string(target.description),
      "priority": .string(lane.priority.name), "class": .string(errorClass),
      "code": .string(errorCode), "message": error.map { .string($0.message) } ?? .null,
      "attempts": .integer(Int64(attempts)), "crashes": .integer(Int64(crashes)),
      "died_at": .time(diedAt), "fingerprint": .string(fingerprint),
    ]
  }
}

extension DeadGroup {
  /// The group as the API shows it.
  var json: JSONValue {
    [
      "fingerprint": .string(fingerprint), "target": .string(target),
      "class": .string(errorClass), "code": .string(errorCode), "count": .integer(Int64(count)),
      "first_at": .time(firstAt), "last_at": .time(lastAt), "example": .string(example.description),
    ]
  }
}

extension DeadStepDetail {
  /// The step as the API shows it: as in a list, and the rest.
  var json: JSONValue {
    var members = step.members
    members["pool"] = .string(step.lane.pool.name)
    members["job_target"] = .string(jobTarget.description)
    members["created_at"] = .time(createdAt)
    members["started_at"] = .time(startedAt)
    members["effect"] = effect?.json ?? .null
    members["obstacle"] = obstacle.map(JSONValue.string) ?? .null
    members["settled_at"] = .time(settledAt)
    members["redriven_as"] = redrivenAs.map { .string($0.description) } ?? .null
    members["attempt_history"] = .array(failedAttempts.map(\.json))
    switch content {
    case .shown(let input, let arguments):
      members["input"] = input
      members["arguments"] = arguments ?? .null
      members["input_withheld"] = .null
    case .withheld: members["input_withheld"] = "not_owner"
    case .unreadable: members["input_withheld"] = "unreadable"
    }
    return .object(members)
  }
}
