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
  ]

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
    "effect": Schema.nullable(
      effect, "What is known of the effect of a skill that may not be repeated."),
    "created_at": Schema.time, "started_at": Schema.optionalTime,
    "finished_at": Schema.optionalTime,
  ])

  private static let effect = Schema.object([
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
          "type": "object", "description": "The arguments, as the skill's own schema says.",
        ], title: "A call of a skill", isInBatch))
  }

  private static func request(
    _ target: JSONValue, input: JSONValue, title: String, _ isInBatch: Bool
  ) -> JSONValue {
    var members: [String: JSONValue] = [
      "target": target, "input": input, "priority": Schema.priority,
    ]
    if isInBatch {
      members["idempotency_key"] = Schema.string(
        "Instead of the one made of the header's.", pattern: "^[ -~]{1,255}$")
    }
    return Schema.object(members, optional: ["priority", "idempotency_key"], title)
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
            "job": Schema.ref("Job"),
          ], optional: ["replayed"]),
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
        "step": Schema.uuid, "index": Schema.integer(),
        "kind": Schema.word(of: StepKind.allCases.map(\.name)), "target": Schema.target,
        "state": Schema.nullable(Schema.word(of: StepState.allCases.map(\.name))),
        "attempt": Schema.nullable(Schema.integer()),
      ]),
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
