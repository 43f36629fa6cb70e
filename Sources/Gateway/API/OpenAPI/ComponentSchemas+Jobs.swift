import Jobs

extension ComponentSchemas {
  private static let summaryMembers: [String: JSONValue] = [
    "id": Schema.uuid, "target": Schema.target, "priority": Schema.priority,
    "state": Schema.word(of: JobState.allCases.map(\.name)),
    "error": Schema.nullable(
      Schema.ref("Failure"), "Set once the job has failed, expired or been cancelled for a reason."),
    "last_seq": Schema.integer("The `id` of its newest event; grows with every change.", from: 1),
    "open_steps": Schema.integer("Its unfinished steps."), "created_at": Schema.time,
    "started_at": Schema.optionalTime, "finished_at": Schema.optionalTime,
    "cancel_requested_at": Schema.optionalTime,
    "retry_of": Schema.nullable(Schema.uuid, "The job that this one does again."),
    "run_at": Schema.nullable(
      Schema.string(format: "date-time"), "When it may start; `null` when that was at once."),
    "deadline": Schema.nullable(
      Schema.string(format: "date-time"), "When it must be over, with all that it delegates."),
    "session_id": Schema.nullable(sessionID, "The conversation that it is part of."),
    "timeouts": Schema.nullable(
      timeouts(of: shownDuration), "Those that were asked for; `null` for none."),
    "max_attempts": Schema.nullable(
      attempts,
      "How often each of its steps may be tried; `null` for what the failure's class gets."),
    "wait_for": Schema.nullable(
      Schema.object(["signal": Schema.name(), "timeout": shownDuration("From its acceptance on.")]),
      "The signal with which it starts."),
    "webhook_id": Schema.nullable(Schema.uuid, "The webhook that it names."),
    "unique_key": Schema.nullable(
      Schema.string(), "What it is the only job of; `null` once that is free again."),
    "unique_scope": Schema.nullable(
      Schema.word(of: Uniqueness.Scope.allCases.map(\.rawValue)),
      "Among which jobs the key counts; `null` without a key."),
    "unique_for": Schema.nullable(
      shownDuration("From its acceptance on."),
      "How long the key counts; `null` without a key, and for one that counts until the job is over."
    ),
    "batch_id": Schema.nullable(Schema.uuid, "The set that it is part of."),
    "schedule_id": Schema.nullable(
      Schema.uuid, "The schedule that has made it, at a tick or by hand."),
    "parent_id": Schema.nullable(Schema.uuid, "The job that has delegated it."),
    "root_id": Schema.nullable(
      Schema.uuid, "The first job of its tree; `null` when it is that itself."),
  ]

  static let sessionID = Schema.name()

  /// As lists show it.
  static let jobSummary = Schema.object(summaryMembers)

  static let job = Schema.object(
    summaryMembers.merging([
      "input": Schema.any("As it was sent."),
      "result": Schema.any(
        "Set once the job has succeeded; for a cancelled one whose turn had written text, "
          + "`{\"text\": string, \"partial\": true}`; else `null`."),
    ]) { $1 })

  static let step = Schema.object([
    "id": Schema.uuid, "index": Schema.integer("Its place in the job."),
    "kind": Schema.word(of: StepKind.allCases.map(\.name)), "target": Schema.target,
    "state": Schema.word(of: StepState.allCases.map(\.name)),
    "attempt": Schema.integer("How often it was tried; a crash does not count."),
    "crashes": Schema.integer("How often the process that ran it died."),
    "input": Schema.any("A skill's arguments; `null` for an agent's turn."),
    "output": Schema.any("`null` until it is done."),
    "error": Schema.nullable(Schema.ref("Failure"), "The error of the last attempt."),
    "attempt_history": attemptHistory,
    "effect": Schema.nullable(
      effect, "What is known of the effect of a skill that may not be repeated."),
    "created_at": Schema.time, "started_at": Schema.optionalTime,
    "finished_at": Schema.optionalTime,
  ])

  /// The failed attempts at a step.
  static let attemptHistory = Schema.array(
    of: Schema.object([
      "attempt": Schema.integer(
        "Which start of the step it was, as in its events; crashes count here."),
      "state": Schema.word(
        "What the step became: `pending` to be tried again later, `ready` at once.",
        of: [StepState.pending, .ready, .dead, .cancelled].map(\.name)),
      "at": Schema.time, "error": Schema.ref("Failure"), "retry_at": retryTime,
    ]),
    "Its attempts that failed, the oldest first. Of those that a rate limit ended, the first ten and "
      + "then each tenth.")

  private static let retryTime = Schema.nullable(
    Schema.string(format: "date-time"),
    "When it was to be tried again; `null` for not, or at once.")

  static let effect = Schema.object([
    "state": Schema.word(
      "`unknown`: it may or may not have happened, and is not repeated.",
      of: EffectState.allCases.map(\.name)),
    "attempt": Schema.integer("The attempt that began it."),
    "started_at": Schema.time, "finished_at": Schema.optionalTime,
  ])

  /// A job for an agent or for a skill.
  static func jobRequest(isInBatch: Bool) -> JSONValue {
    Schema.oneOf(
      request(
        Schema.agent, input: agentInput, title: "A job for an agent", isInBatch),
      request(
        Schema.skill,
        input: [
          "type": "object",
          "description": "The arguments, as the skill's own schema says; `{}` without them.",
        ], title: "A call of a skill", isInBatch, needsInput: false))
  }

  private static func request(
    _ target: JSONValue, input: JSONValue, title: String, _ isInBatch: Bool,
    needsInput: Bool = true
  ) -> JSONValue {
    var members: [String: JSONValue] = [
      "target": target, "input": input, "priority": Schema.priority,
    ].merging(options) { $1 }
    if isInBatch {
      members["idempotency_key"] = Schema.string(
        "Instead of the one made of the header's.", pattern: "^[ -~]{1,255}$")
    }
    let optional = Set(members.keys).subtracting(needsInput ? ["target", "input"] : ["target"])
    guard case .object(var schema) = Schema.object(members, optional: optional, title) else {
      return .null
    }
    schema["not"] = ["anyOf": .array(conflicts)]
    return .object(schema)
  }

  /// Fields that do not go together.
  private static let conflicts: [JSONValue] = [
    ["required": ["run_at", "delay"]], ["required": ["session_id", "run_at"]],
    ["required": ["session_id", "delay"]], ["required": ["wait_for", "session_id"]],
    ["required": ["wait_for", "run_at"]], ["required": ["wait_for", "delay"]],
    ["required": ["unique_scope"], "not": ["required": ["unique_key"]]],
    ["required": ["unique_for"], "not": ["required": ["unique_key"]]],
    [
      "required": ["unique_scope"], "not": ["required": ["session_id"]],
      "properties": ["unique_scope": ["const": "session"]],
    ],
  ]

  private static let options: [String: JSONValue] = [
    "run_at": Schema.string(
      "When it may start, at most 366 days ahead; a time that has passed is now. "
        + "Not beside `delay` or `session_id`.",
      format: "date-time"),
    "delay": duration("How long it waits before it may start, such as `90s` or `1h30m`."),
    "deadline": Schema.string(
      "When it must be over, with all that it delegates: a time in RFC 3339 or a duration from "
        + "now; later than its start. Whatever is not over by then expires."),
    "timeouts": timeouts(of: duration), "max_attempts": attempts,
    "session_id": sessionID,
    "batch_id": Schema.string("The open batch that it becomes part of.", format: "uuid"),
    "wait_for": Schema.object(
      [
        "signal": Schema.name("The job starts once this signal was sent to it."),
        "timeout": duration("When it expires without it; `1d` if this is left out."),
      ], optional: ["timeout"],
      "Not beside `session_id`, `run_at` or `delay`."),
    "unique_key": Schema.string(
      "While a job with this key is not over, further ones are not made: the answer is that job.",
      pattern: "^[ -~]{1,255}$"),
    "unique_scope": Schema.word(
      "Among which of the user's jobs the key counts: all, those for the same target, those of "
        + "the same session.", of: Uniqueness.Scope.allCases.map(\.rawValue)),
    "unique_for": duration(
      "How long the key counts from now on, instead of until the job is over."),
    "webhook": Schema.name(
      "The name or id of a webhook that is told of its end, also if it is not told of all jobs."),
  ]

  /// - Parameter duration: What a duration is here, of a sentence about it.
  private static func timeouts(of duration: (String) -> JSONValue) -> JSONValue {
    Schema.object(
      [
        "queue": duration("How long it may wait for its first step to start."),
        "step": duration("How long one of its steps may run; 10 minutes at most, and without it."),
        "idle": duration("How long a step may run without a sign of progress, such as text."),
      ], optional: ["queue", "step", "idle"])
  }

  static let attempts = Schema.integer(
    "How often each of its steps, and of the jobs that it delegates, may be tried; 1 means never "
      + "again. Neither crashes nor waits for a rate limit count. A skill with a lower number of its "
      + "own keeps that.",
    from: JobOptions.attemptRange.lowerBound, to: JobOptions.attemptRange.upperBound)

  static func duration(_ detail: String) -> JSONValue {
    Schema.string(
      detail, pattern: "^(\\d{1,12}d)?(\\d{1,12}h)?(\\d{1,12}m)?(\\d{1,12}s)?(\\d{1,12}ms)?$",
      minimum: 2, maximum: 32)
  }

  /// A duration in an answer, in a form that ``duration(_:)`` takes.
  static func shownDuration(_ detail: String) -> JSONValue {
    Schema.string(detail, minimum: 2, maximum: 32)
  }

  private static let message = Schema.string(
    "Not only white space; no U+0000.", pattern: #"^[^\u0000]*[^\s\u0000][^\u0000]*$"#)

  private static let agentInput = Schema.oneOf(message, Schema.object(["message": message]))

  static let batchAnswer = Schema.object([
    "accepted": Schema.integer("Items that are jobs now, or were before."),
    "rejected": Schema.integer("Items that are not."),
    "items": Schema.array(
      of: Schema.oneOf(
        Schema.object(
          [
            "index": Schema.integer("Its place in the batch."),
            "status": ["type": "integer", "enum": [200, 202]],
            "replayed": ["const": true, "description": "An earlier request had made the job."],
            "duplicate": [
              "const": true, "description": "A live job had the same `unique_key`; this is it.",
            ],
            "job": Schema.ref("Job"),
          ], optional: ["replayed", "duplicate"]),
        Schema.object([
          "index": Schema.integer("Its place in the batch."),
          "status": Schema.integer(
            "What a single job would have been answered.", from: 400, to: 599),
          "problem": Schema.ref("ItemProblem"),
        ])),
      "One for each item, in order.", minimum: 1, maximum: JobBatch.maximumCount),
  ])

  /// The `data` of each event of a stream.
  static let jobEvent = Schema.object([
    "specversion": ["const": "1.0"],
    "id": Schema.string("`<job>/<seq>`; for live text `<job>/<step>/<attempt>/<offset>`."),
    "source": Schema.string(format: "uri-reference"),
    "type": Schema.word(of: EventType.allCases.map(\.name)),
    "subject": Schema.uuid, "time": Schema.time, "datacontenttype": ["const": "application/json"],
    "data": Schema.oneOf(
      Schema.object(["state": Schema.word(of: ["queued", "running", "waiting"])]),
      Schema.object([
        "changed": Schema.array(
          of: Schema.word(of: ["priority", "run_at", "input"]), "What was changed of the job.")
      ]),
      Schema.object(
        [
          "step": Schema.uuid, "index": Schema.integer(),
          "kind": Schema.word(of: StepKind.allCases.map(\.name)), "target": Schema.target,
          "state": Schema.nullable(Schema.word(of: StepState.allCases.map(\.name))),
          "attempt": Schema.nullable(Schema.integer(), "Which start of the step led to it."),
          "error": Schema.ref("Failure"), "retry_at": retryTime,
        ], optional: ["error", "retry_at"],
        "`error` and `retry_at` come with an attempt that failed."),
      Schema.object(
        [
          "step": Schema.uuid, "attempt": Schema.integer(from: 1),
          "offset": Schema.integer("In bytes of UTF-8."),
          "length": Schema.integer("In bytes of UTF-8."),
          "text": Schema.string("Missing when this client was sent the range before."),
        ], optional: ["text"]),
      Schema.object(
        [
          "state": Schema.word(of: JobState.allCases.filter(\.isFinal).map(\.name)),
          "result": Schema.any("As in the job."), "error": Schema.nullable(Schema.ref("Failure")),
          "result_omitted": ["const": true],
        ], optional: ["result_omitted"])),
  ])
}
