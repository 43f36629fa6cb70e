import Jobs

extension DeadRoutes {
  private static let pool = RouteParameter(
    place: .path, name: "lane", schema: Schema.pool, detail: "The pool.")
  private static let printable = Schema.string(pattern: "^[ -~]{1,300}$")
  private static let text = Schema.string(minimum: 1, maximum: 300)

  private static let filters: [String: JSONValue] = [
    "steps": Schema.array(of: Schema.uuid, "Exactly these.", minimum: 1, maximum: 1_000),
    "target": Schema.target, "code": text, "fingerprint": text,
    "limit": Schema.integer(
      "The most steps; 100 without it, or as many as are named.", from: 1, to: 1_000),
    "dry_run": Schema.bool("Only tell what would be done."),
  ]

  private static func body(_ more: [String: JSONValue]) -> RouteBody {
    let members = filters.merging(more) { $1 }
    return RouteBody(forms: [
      .init(
        mediaType: "application/json",
        schema: Schema.object(members, optional: Set(members.keys)),
        example: ["code": "provider_timeout", "dry_run": true])
    ])
  }

  static let listing = RouteDocument(
    id: "listDeadSteps", tag: .queues, summary: "List the dead steps of a pool, the newest first",
    detail: "Steps that will not be tried again and that nobody has redriven or dropped. Who may "
      + "operate sees those of all users.",
    parameters: [
      pool,
      RouteParameter(
        place: .query, name: "target", schema: Schema.target, detail: "Only of this target."),
      RouteParameter(
        place: .query, name: "code", schema: printable, detail: "Only with this error."),
      RouteParameter(
        place: .query, name: "fingerprint", schema: printable,
        detail: "Only those that failed alike."),
      RouteParameter(
        place: .query, name: "limit", schema: Schema.integer(from: 1, to: 200),
        detail: "The most steps of a page; 50 without it."),
      RouteParameter(
        place: .query, name: "cursor", schema: Schema.string(maximum: 64),
        detail: "The `next_cursor` of the page before, with the same filters."),
    ],
    answers: [
      .json(
        200, "A page.",
        Schema.object([
          "items": Schema.array(of: step, maximum: 200),
          "next_cursor": Schema.nullable(Schema.string(), "`null` on the last page."),
        ]), headers: [(name: "Link", detail: "The next page, if there is one.")])
    ],
    problems: [.invalidQueryParameter, .invalidCursor, .poolNotFound])

  static let showing = RouteDocument(
    id: "getDeadStep", tag: .queues, summary: "Show a dead step with all that is known of it",
    detail: "Also one that was redriven or dropped. Who may operate sees those of all users, but "
      + "not what they work on: `input` and `arguments` are their owner's alone.",
    parameters: [
      pool,
      RouteParameter(place: .path, name: "step", schema: Schema.uuid, detail: "The step."),
    ],
    answers: [.json(200, "The step.", detail)],
    problems: [.malformedID, .poolNotFound, .deadStepNotFound])

  private static let stepMembers: [String: JSONValue] = [
    "step": Schema.uuid, "job": Schema.uuid, "user": Schema.uuid, "target": Schema.target,
    "priority": Schema.priority, "class": Schema.string(), "code": Schema.string(),
    "message": Schema.nullable(Schema.string()), "attempts": Schema.integer(),
    "crashes": Schema.integer(), "died_at": Schema.time,
    "fingerprint": Schema.string("Equal for steps that failed alike."),
  ]
  private static let step = Schema.object(stepMembers)

  private static let detail = Schema.object(
    stepMembers.merging([
      "pool": Schema.pool, "job_target": Schema.target,
      "input": Schema.any("The input of its job."),
      "arguments": Schema.any("Of a call; `null` for an agent's turn."),
      "input_withheld": Schema.nullable(
        Schema.word(of: ["not_owner", "unreadable"]),
        "Why `input` and `arguments` are missing: the step is another user's, or sealed with a key "
          + "that the gateway does not have. `null` when they are there."),
      "created_at": Schema.time, "started_at": Schema.time,
      "effect": Schema.nullable(
        ComponentSchemas.effect, "What is known of the effect of a skill that may not be repeated."),
      "obstacle": Schema.nullable(
        Schema.string(), "Why a redrive would leave it alone; `null` when it would not."),
      "settled_at": Schema.nullable(
        Schema.string(format: "date-time"),
        "When it was redriven or dropped, or its job retried; `null` while it is on the list."),
      "redriven_as": Schema.nullable(Schema.uuid, "The job that does it again."),
      "attempt_history": ComponentSchemas.attemptHistory,
    ]) { $1 }, optional: ["input", "arguments"])

  static let grouping = RouteDocument(
    id: "groupDeadSteps", tag: .queues, summary: "Group the dead steps of a pool by their error",
    detail: "One's own; those of all users for who may operate.", parameters: [pool],
    answers: [
      .json(
        200, "The most frequent first, 200 at most.",
        Schema.object([
          "items": Schema.array(
            of: Schema.object([
              "fingerprint": Schema.string(), "target": Schema.string(), "class": Schema.string(),
              "code": Schema.string(), "count": Schema.integer(from: 1), "first_at": Schema.time,
              "last_at": Schema.time, "example": Schema.uuid,
            ]), maximum: 200)
        ]))
    ],
    problems: [.poolNotFound])

  static let redriving = RouteDocument(
    id: "redriveDeadSteps", tag: .queues, summary: "Do the jobs of dead steps again",
    detail:
      "One's own; those of all users for who may operate. Each as a new job (`retry_of`) that takes "
      + "over what the old one had finished; the dead step is tried anew. A step is redriven once. "
      + "One that may have taken effect is left alone unless it is named in `steps`; so is one whose "
      + "job is not over; those that can be redriven come first. A job of a session joins it at the "
      + "end, behind its live jobs, as a new one does. Calls of one turn that are dead are redriven "
      + "together. A canary does one, then ten, then the rest, waits for the first eleven and stops "
      + "when one of them does not succeed, which may take seven minutes. It also stops when the "
      + "connection closes or the gateway ends, so behind a proxy with a shorter patience do it in "
      + "waves instead: see `/redrives`.",
    parameters: [pool],
    body: body([
      "canary": Schema.bool("Begin with a few, and stop by itself."),
      "input": Schema.any(
        "Instead of the jobs' own; for one's own jobs that have no finished steps."
      ),
    ]),
    answers: [
      .json(
        200, "What was done.",
        Schema.object([
          "matched": Schema.integer(), "dry_run": Schema.bool("As asked."),
          "redriven": Schema.array(
            of: Schema.object([
              "step": Schema.uuid, "job": Schema.uuid,
              "new_job": Schema.nullable(Schema.uuid, "`null` in a dry run."),
            ])),
          "skipped": Schema.array(
            of: Schema.object(["step": Schema.uuid, "reason": Schema.string()])),
          "stopped": Schema.nullable(Schema.string(), "Why a canary stopped."),
        ]))
    ],
    problems: [.poolNotFound, .unknownTarget, .invalidInput],
    refusesKey:
      "a repetition takes the next steps that the filter meets; each step is redriven once")

  static let dropping = RouteDocument(
    id: "dropDeadSteps", tag: .queues, summary: "Take dead steps off the list",
    detail: "One's own; those of all users for who may operate. They stay with their jobs, and "
      + "cannot be redriven any more.",
    parameters: [pool], body: body([:]),
    answers: [
      .json(
        200, "What was done.",
        Schema.object([
          "matched": Schema.integer(), "dry_run": Schema.bool("As asked."),
          "dropped": Schema.integer(),
        ]))
    ],
    problems: [.poolNotFound],
    refusesKey: "a repetition takes the next steps that the filter meets")
}
