import Jobs

extension ScheduleRoutes {
  private static let name = RouteParameter(
    place: .path, name: "name", schema: Schema.name(),
    detail: "The schedule's name or id.")

  private static let time = Schema.nullable(Schema.string(format: "date-time"))

  private static let schedule = Schema.object([
    "id": Schema.uuid, "name": Schema.string(), "cron": Schema.string(),
    "time_zone": Schema.string(), "target": Schema.target,
    "input": Schema.any("As it was sent; `null` when it cannot be read."),
    "priority": Schema.priority,
    "misfire": Schema.word(of: MisfirePolicy.allCases.map(\.name)),
    "misfire_window_seconds": Schema.number("How late a missed tick is made up for."),
    "overlap": Schema.word(of: OverlapPolicy.allCases.map(\.name)),
    "session_id": Schema.nullable(Schema.string()),
    "deadline_seconds": Schema.nullable(Schema.number("From a job's start on.")),
    "max_attempts": Schema.nullable(ComponentSchemas.attempts),
    "state": Schema.word(of: ["active", "paused"]), "next_at": time, "last_at": time,
    "last_job": Schema.nullable(Schema.uuid, "Of the last tick that made one."),
    "last_outcome": Schema.nullable(
      Schema.word(
        of: ["fired", "missed", "merged", "skipped_overlap", "not_allowed", "unreadable"]),
      "What became of the last tick."),
    "created_at": Schema.time,
  ])

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
    "session_id": Schema.nullable(ComponentSchemas.sessionID, "`null` for none."),
    "deadline": Schema.nullable(
      ComponentSchemas.duration("How long a job may take from its making on, such as `1h`."),
      "`null` for none."),
    "max_attempts": Schema.nullable(
      ComponentSchemas.attempts, "`null` for what the failure's class gets."),
  ]

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
    id: "listSchedules", tag: .jobs, summary: "List schedules",
    answers: [.json(200, "By name.", Schema.object(["items": Schema.array(of: schedule)]))])

  static let creating = RouteDocument(
    id: "createSchedule", tag: .jobs, summary: "Make a schedule",
    detail: "Its jobs have the rights of the user, and stop being made when the token that made it "
      + "is revoked.",
    body: creation,
    answers: [
      .json(201, "The schedule.", schedule, headers: [(name: "Location", detail: "The schedule.")])
    ],
    problems: [
      .targetNotAllowed, .priorityNotAllowed, .scheduleNameTaken, .tooManySchedules,
      .unknownTarget, .unknownPriority, .invalidInput, .invalidCron,
    ])

  static let showing = RouteDocument(
    id: "getSchedule", tag: .jobs, summary: "Show a schedule", parameters: [name],
    answers: [.json(200, "The schedule.", schedule)], problems: [.scheduleNotFound])

  static let editing = RouteDocument(
    id: "editSchedule", tag: .jobs, summary: "Change a schedule",
    detail: "Any of its fields but the target. The next tick follows from now on.",
    parameters: [name], body: change,
    answers: [.json(200, "The schedule.", schedule)],
    problems: [
      .targetNotAllowed, .priorityNotAllowed, .scheduleNotFound, .scheduleNameTaken,
      .unknownTarget, .unknownPriority, .invalidInput, .invalidCron,
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
      + "It is no tick: `last_job` and `last_outcome` stay, and the next tick does not look at it.",
    parameters: [name],
    body: .empty,
    answers: [
      .json(
        202, "The job.", Schema.ref("Job"),
        headers: [
          (name: "Location", detail: "The job."), (name: "Retry-After", detail: "Seconds."),
        ])
    ],
    problems: [.targetNotAllowed, .scheduleNotFound, .backlogFull])

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
