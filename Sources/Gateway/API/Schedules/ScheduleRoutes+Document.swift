import Jobs

extension ScheduleRoutes {
  private static let name = RouteParameter(
    place: .path, name: "name", schema: Schema.name(),
    detail: "The schedule's name or id.")

  private static let time = Schema.nullable(Schema.string(format: "date-time"))

  private static func shown(_ name: String, of unit: String) -> JSONValue {
    Schema.nullable(Schema.number("The same as `\(name)`, in \(unit)."))
  }

  private static let summaryMembers: [String: JSONValue] = [
    "id": Schema.uuid, "name": Schema.string(), "cron": Schema.string(),
    "time_zone": Schema.string(), "target": Schema.target, "priority": Schema.priority,
    "misfire": Schema.word(of: MisfirePolicy.allCases.map(\.name)),
    "misfire_window": ComponentSchemas.shownDuration("How late a missed tick is made up for."),
    "misfire_window_seconds": Schema.number("The same as `misfire_window`, in seconds."),
    "overlap": Schema.word(of: OverlapPolicy.allCases.map(\.name)),
    "max_queued": Schema.integer("How many of its jobs may wait for each other.", from: 1),
    "session_id": Schema.nullable(Schema.string()),
    "deadline": Schema.nullable(ComponentSchemas.shownDuration("From a job's making on.")),
    "max_attempts": Schema.nullable(ComponentSchemas.attempts),
    "deadline_seconds": shown("deadline", of: "seconds"),
    "timeouts": Schema.object([
      "queue": Schema.nullable(ComponentSchemas.shownDuration("See POST /jobs.")),
      "step": Schema.nullable(ComponentSchemas.shownDuration("See POST /jobs.")),
      "idle": Schema.nullable(ComponentSchemas.shownDuration("See POST /jobs.")),
    ]),
    "webhook": Schema.nullable(Schema.uuid, "The webhook that its jobs name, which may be gone."),
    "webhook_id": Schema.nullable(Schema.uuid, "The same as `webhook`, as jobs show it."),
    "state": Schema.word(of: ["active", "paused"]),
    "paused_reason": Schema.nullable(Schema.word(of: reasons), pausedReason),
    "next_at": time, "last_at": time,
    "last_job": Schema.nullable(Schema.uuid, "Of the last tick that made one."),
    "last_outcome": Schema.nullable(outcome, "What became of the last tick."),
    "created_at": Schema.time,
  ]

  private static let reasons: [String] = [
    TickOutcome.notAllowed.rawValue, TickOutcome.unreadable.rawValue,
  ]

  private static let pausedReason = """
    Why it has paused by itself: the user, the token that it was last changed with, or their right \
    to the target is gone; or its expression or input cannot be read. `null` when a user has paused \
    it.
    """

  private static let outcome = Schema.word(
    "`fired`: a job was made. `missed`: nobody could fire it in time. `merged`: one job stands for "
      + "it and others. `skipped_overlap`: the job before was not over, or as many waited as may "
      + "wait. `not_allowed`, `unreadable`: the schedule has paused by itself.",
    of: TickOutcome.allCases.map(\.rawValue))

  private static let input = Schema.any("As it was sent; `null` when it cannot be read.")

  private static let schedule = Schema.object(summaryMembers.merging(["input": input]) { $1 })

  private static let members: [String: JSONValue] = [
    "name": Schema.name("Unique among the user's schedules; no UUID."),
    "cron": Schema.string(
      "Five fields: minute, hour, day of month, month, day of week; names, lists, ranges, steps, "
        + "`L`; or `@hourly`, `@daily` and the like.", minimum: 5, maximum: 512),
    "time_zone": Schema.string(
      "Such as `Europe/Berlin`; `UTC` without it. At a change of the clock each time of day fires "
        + "once; what fires all day long follows real time."),
    "target": Schema.target, "input": Schema.any("What each job gets."),
    "priority": Schema.priority,
    "misfire": Schema.word(
      "What becomes of ticks that nobody fired within 30 s: none, one job for all, or each.",
      of: MisfirePolicy.allCases.map(\.name)),
    "misfire_window": ComponentSchemas.duration(
      "How late a missed tick is made up for; `1d` without it."),
    "overlap": Schema.word(
      "When the job before is not over: make none, wait for it, cancel it, or run both. `queue` "
        + "without it.", of: OverlapPolicy.allCases.map(\.name)),
    "max_queued": Schema.integer(
      "How many of its jobs may wait for each other, with `queue` or in a session, beside the one "
        + "that they wait for; a tick beyond is `skipped_overlap`. 100 without it.", from: 1,
      to: ScheduleRequest.mostQueued),
    "session_id": Schema.nullable(ComponentSchemas.sessionID, "`null` for none."),
    "deadline": Schema.nullable(
      ComponentSchemas.duration("How long a job may take from its making on, such as `1h`."),
      "`null` for none."),
    "max_attempts": Schema.nullable(
      ComponentSchemas.attempts, "`null` for what the failure's class gets."),
    "timeouts": Schema.nullable(timeouts, "As of POST /jobs; `null` for none."),
    "webhook": Schema.nullable(
      Schema.name("The name or id of a webhook that is told of the end of each of its jobs."),
      "`null` for none."),
  ]

  private static let timeouts = Schema.object(
    [
      "queue": Schema.nullable(
        ComponentSchemas.duration("How long a job may wait for its first step to start.")),
      "step": Schema.nullable(
        ComponentSchemas.duration("How long a step may run; 10 minutes at most, and without it.")),
      "idle": Schema.nullable(
        ComponentSchemas.duration("How long a step may run without a sign of progress.")),
    ], optional: ["queue", "step", "idle"], "What is not named stays; `null` takes it away.")

  private static let creation = RouteBody(forms: [
    .init(
      mediaType: "application/json",
      schema: Schema.object(
        members,
        optional: Set(members.keys).subtracting(["name", "cron", "target", "input"])),
      example: [
        "name": "morning-report", "cron": "0 7 * * MON-FRI", "time_zone": "Europe/Berlin",
        "target": "agent:main", "input": "list files",
      ])
  ])

  private static var change: RouteBody {
    let changeable = members.filter { $0.key != "target" }
    return RouteBody(forms: [
      .init(
        mediaType: "application/json",
        schema: Schema.object(changeable, optional: Set(changeable.keys)),
        example: ["cron": "0 8 * * *"])
    ])
  }

  static let listing = RouteDocument(
    id: "listSchedules", tag: .jobs, summary: "List schedules, the newest first",
    detail: "The inputs of their jobs are left out.",
    parameters: [.pageLimit, .cursor],
    answers: [
      .json(
        200, "A page.",
        Schema.object([
          "items": Schema.array(of: Schema.object(summaryMembers), maximum: 200),
          "next_cursor": Schema.nullable(Schema.string(), "`null` on the last page."),
        ]), headers: [(name: "Link", detail: "The next page, as `rel=\"next\"`.")])
    ],
    problems: [.invalidQueryParameter, .invalidCursor])

  /// What of an answer may be sent.
  private static let copying =
    "What is shown under the name of a field of this body can be sent as it is shown, also the "
    + "durations; what is shown besides (`…_seconds`, `webhook_id`, `id`, `state`, times and the "
    + "like) cannot be sent."

  static let creating = RouteDocument(
    id: "createSchedule", tag: .jobs, summary: "Make a schedule",
    detail: "Its jobs have the rights of the user, and stop being made when the token that made it "
      + "is revoked. \(copying) Fields of POST /jobs that are not named here are refused (422, "
      + "`not_supported_yet`).",
    body: creation,
    answers: [
      .json(201, "The schedule.", schedule, headers: [(name: "Location", detail: "The schedule.")])
    ],
    problems: [
      .targetNotAllowed, .priorityNotAllowed, .scheduleNameTaken, .tooManySchedules,
      .unknownTarget, .unknownPriority, .invalidInput, .invalidCron, .fieldNotSupportedYet,
    ],
    refusesKey: "a repetition finds the name taken (409)")

  static let showing = RouteDocument(
    id: "getSchedule", tag: .jobs, summary: "Show a schedule", parameters: [name],
    answers: [.json(200, "The schedule.", schedule)], problems: [.scheduleNotFound])

  static let editing = RouteDocument(
    id: "editSchedule", tag: .jobs, summary: "Change a schedule",
    detail: "Any of its fields but the target; what is not sent stays, also what others change at "
      + "the same moment. With another expression or zone the next tick follows from now on. "
      + copying,
    parameters: [name], body: change,
    answers: [.json(200, "The schedule.", schedule)],
    problems: [
      .targetNotAllowed, .priorityNotAllowed, .scheduleNotFound, .scheduleNameTaken,
      .unknownTarget, .unknownPriority, .invalidInput, .invalidCron, .fieldNotSupportedYet,
    ])

  static let deleting = RouteDocument(
    id: "deleteSchedule", tag: .jobs, summary: "Delete a schedule",
    detail: "The jobs that it has made stay.", parameters: [name], body: .empty,
    answers: [RouteAnswer(status: 204, detail: "It is gone.")], problems: [.scheduleNotFound])

  static let pausing = RouteDocument(
    id: "pauseSchedule", tag: .jobs, summary: "Pause a schedule", parameters: [name],
    body: .empty, answers: [.json(200, "The schedule.", schedule)],
    problems: [.scheduleNotFound])

  static let resuming = RouteDocument(
    id: "resumeSchedule", tag: .jobs, summary: "Let a schedule go on",
    detail: "Ticks that came meanwhile are left out.", parameters: [name], body: .empty,
    answers: [.json(200, "The schedule.", schedule)], problems: [.scheduleNotFound])

  static let firing = RouteDocument(
    id: "fireSchedule", tag: .jobs, summary: "Make a schedule's job now",
    detail:
      "One more, whatever `overlap` says, but for `queue`: then it waits for those before it. "
      + "It is no tick: `last_job` and `last_outcome` stay, and the next tick does not look at it, "
      + "though it counts among those that wait (`max_queued`).",
    parameters: [name, .commandKey],
    body: .empty,
    answers: [
      .json(
        202, "The job.", Schema.ref("Job"),
        headers: [
          (name: "Location", detail: "The job."), (name: "Retry-After", detail: "Seconds."),
          (name: "Idempotency-Replayed", detail: "`true` when an earlier request had made it."),
        ])
    ],
    problems: [
      .targetNotAllowed, .priorityNotAllowed, .scheduleNotFound, .scheduleUnreadable,
      .idempotencyKeyReused, .backlogFull,
    ])

  static let remembering = RouteDocument(
    id: "listPastTicks", tag: .jobs, summary: "Tell what became of a schedule's ticks",
    detail: "Those of the last 30 days. Jobs that were made by hand are no ticks.",
    parameters: [name, .pageLimit, .cursor],
    answers: [
      .json(
        200, "The newest first.",
        Schema.object([
          "items": Schema.array(
            of: Schema.object([
              "tick": Schema.time, "outcome": outcome,
              "job_id": Schema.nullable(
                Schema.uuid, "The job that it has made, which may be gone by now."),
              "decided_at": Schema.string(
                "When that was decided, and the job made.", format: "date-time"),
            ]), maximum: 200),
          "next_cursor": Schema.nullable(Schema.string(), "`null` on the last page."),
        ]), headers: [(name: "Link", detail: "The next page, as `rel=\"next\"`.")])
    ],
    problems: [.invalidQueryParameter, .invalidCursor, .scheduleNotFound])

  static let ticking = RouteDocument(
    id: "listTicks", tag: .jobs, summary: "Tell when a schedule fires next",
    parameters: [
      name,
      RouteParameter(
        place: .query, name: "count", schema: Schema.integer(from: 1, to: 100),
        detail: "How many; 10 without it."),
    ],
    answers: [
      .json(200, "The next first.", Schema.object(["items": Schema.array(of: Schema.time)]))
    ],
    problems: [.invalidQueryParameter, .scheduleNotFound])
}
