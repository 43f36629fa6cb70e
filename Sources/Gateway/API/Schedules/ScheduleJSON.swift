import Jobs

extension ScheduleRecord {
  /// The schedule as the API shows it.
  var json: JSONValue {
    var members = summary
    members["input"] = request.job.input
    return .object(members)
  }

  /// The schedule as lists show it: without the input, which may be large.
  var summary: [String: JSONValue] {
    let own: [String: JSONValue] = [
      "id": .string(id.description), "state": .string(isPaused ? "paused" : "active"),
      "paused_reason": pauseReason.map { .string($0.rawValue) } ?? .null,
      "next_at": .time(nextAt), "last_at": .time(lastAt),
      "last_job": lastJob.map { .string($0.description) } ?? .null,
      "last_outcome": lastOutcome.map { .string($0.rawValue) } ?? .null,
      "created_at": .time(createdAt),
      "misfire_window_seconds": .number(request.misfireWindow / .seconds(1)),
      "deadline_seconds": deadline.map { .number($0 / .seconds(1)) } ?? .null,
      "webhook_id": request.job.options.webhook.map { .string($0.description) } ?? .null,
    ]
    return own.merging(sendable) { $1 }
  }

  /// What may be sent as it is shown, the input aside.
  private var sendable: [String: JSONValue] {
    let options = request.job.options
    return [
      "name": .string(request.name), "cron": .string(request.cron),
      "time_zone": .string(request.timeZone), "target": .string(request.job.target.description),
      "priority": .string(request.job.priority.name), "misfire": .string(request.misfire.name),
      "misfire_window": .string(DurationText.text(of: request.misfireWindow)),
      "overlap": .string(request.overlap.name),
      "max_queued": .integer(Int64(request.maximumQueued)),
      "max_attempts": options.maximumAttempts.map { .integer(Int64($0)) } ?? .null,
      "session_id": options.session.map { .string($0.description) } ?? .null,
      "deadline": Self.text(deadline),
      "timeouts": [
        "queue": Self.text(options.queueTimeout), "step": Self.text(options.stepTimeout),
        "idle": Self.text(options.idleTimeout),
      ],
      "webhook": options.webhook.map { .string($0.description) } ?? .null,
    ]
  }

  private var deadline: Duration? {
    if case .after(let duration)? = request.job.options.deadline { duration } else { nil }
  }

  private static func text(_ duration: Duration?) -> JSONValue {
    duration.map { .string(DurationText.text(of: $0)) } ?? .null
  }
}

extension TickRecord {
  /// The tick as the API shows it.
  var json: JSONValue {
    [
      "tick": .time(at), "outcome": .string(outcome.rawValue),
      "job_id": job.map { .string($0.description) } ?? .null, "decided_at": .time(decidedAt),
    ]
  }
}
