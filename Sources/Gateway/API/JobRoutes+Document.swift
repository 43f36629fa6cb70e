import Jobs

extension RouteParameter {
  static let jobID = Self(place: .path, name: "id", schema: Schema.uuid, detail: "The job.")
  /// For commands, which make one job and have no unique key.
  static let commandKey = Self(
    place: .header, name: "Idempotency-Key", schema: keySchema,
    detail: "Within 24 hours the same key stands for the same job. Bare or in quotes.")
  static let idempotencyKey = Self(
    place: .header, name: "Idempotency-Key", schema: keySchema,
    detail: "Within 24 hours the same key stands for the same job. Bare or in quotes. It is not "
      + "kept for an answer with `Unique-Duplicate`, which made no job: once that job is over, the "
      + "same request makes one.")

  static let pageLimit = Self(
    place: .query, name: "limit", schema: Schema.integer(from: 1, to: 200),
    detail: "The most items of a page; 50 without it.")
  static let cursor = Self(
    place: .query, name: "cursor", schema: Schema.string(maximum: 64),
    detail: "The `next_cursor` of the page before, with the same filters.")

  private static let keySchema = Schema.string(
    pattern: ##"^(?:[!#-~](?:[ -~]{0,248}[!-~])?|"(?:[ !#-\[\]-~]|\\["\\]){1,120}")$"##)
}

extension JobRoutes {
  private static let accepted = [
    (name: "Location", detail: "The job."), (name: "Retry-After", detail: "Seconds."),
    (name: "Idempotency-Replayed", detail: "`true` when an earlier request had made the job."),
    (name: "Unique-Duplicate", detail: "`true` when a job with the same `unique_key` is there."),
    (name: "Preference-Applied", detail: "`wait=N`."),
  ]
  private static let tag = (name: "ETag", detail: "Changes with the job.")

  static let enqueueing = RouteDocument(
    id: "enqueueJob", tag: .jobs, summary: "Enqueue a job",
    detail: "When it answers, the job is stored and will be done.",
    parameters: [
      .idempotencyKey,
      RouteParameter(
        place: .header, name: "Prefer", schema: Schema.string(),
        detail: "`wait=N`: answer with the result if it is there within N seconds, 60 at most."),
    ],
    body: RouteBody(forms: [
      .init(
        mediaType: "application/json", schema: Schema.ref("JobRequest"),
        example: ["target": "agent:main", "input": "What time is it?", "priority": "normal"])
    ]),
    answers: [
      .json(200, "The job is over.", Schema.ref("Job"), headers: accepted + [tag]),
      .json(202, "The job is accepted.", Schema.ref("Job"), headers: accepted),
    ],
    problems: [
      .targetNotAllowed, .priorityNotAllowed, .fieldNotSupportedYet, .unknownTarget,
      .unknownPriority, .invalidInput, .idempotencyKeyReused, .backlogFull, .batchNotOpen,
    ])

  static let listing = RouteDocument(
    id: "listJobs", tag: .jobs, summary: "List jobs, the newest first",
    detail: "Input and result are left out.",
    parameters: [
      RouteParameter(
        place: .query, name: "state",
        schema: Schema.array(of: Schema.word(of: JobState.allCases.map(\.name)), minimum: 1),
        detail: "Only jobs in one of these states."),
      RouteParameter(
        place: .query, name: "target", schema: Schema.target, detail: "Only jobs for this target."),
      RouteParameter(
        place: .query, name: "batch_id", schema: Schema.uuid, detail: "Only jobs of this batch."),
      RouteParameter(
        place: .query, name: "session_id", schema: ComponentSchemas.sessionID,
        detail: "Only jobs of this session."),
      RouteParameter(
        place: .query, name: "unique_key", schema: Schema.string(pattern: "^[ -~]{1,255}$"),
        detail: "Only jobs that hold this key, in whatever scope."),
      RouteParameter(
        place: .query, name: "priority", schema: Schema.priority,
        detail: "Only jobs of this priority."),
      RouteParameter(
        place: .query, name: "retry_of", schema: Schema.uuid,
        detail: "Only jobs that do this one again."),
      RouteParameter(
        place: .query, name: "created_after", schema: Schema.string(format: "date-time"),
        detail: "Only jobs that were stored then or later."),
      RouteParameter(
        place: .query, name: "created_before", schema: Schema.string(format: "date-time"),
        detail: "Only jobs that were stored before."),
      RouteParameter(
        place: .query, name: "deliveries", schema: Schema.word(of: ["true", "false"]),
        detail: "Whether the jobs that tell webhooks are among them; without it they are if "
          + "`target` names theirs."),
      .pageLimit, .cursor,
    ],
    answers: [
      .json(
        200, "A page.",
        Schema.object([
          "items": Schema.array(of: Schema.ref("JobSummary"), maximum: 200),
          "next_cursor": Schema.nullable(Schema.string(), "`null` on the last page."),
        ]), headers: [(name: "Link", detail: "The next page, as `rel=\"next\"`.")])
    ],
    problems: [.invalidQueryParameter, .invalidCursor])

  static let showing = RouteDocument(
    id: "getJob", tag: .jobs, summary: "Show a job",
    parameters: [
      .jobID,
      RouteParameter(
        place: .query, name: "wait", schema: Schema.integer(from: 0, to: 60),
        detail: "Seconds to wait for the job's end."),
      RouteParameter(
        place: .header, name: "If-None-Match", schema: Schema.string(),
        detail: "Answer only if the job has changed."),
    ],
    answers: [
      .json(200, "The job as it is.", Schema.ref("Job"), headers: [tag]),
      RouteAnswer(status: 304, detail: "The job has not changed.", headers: [tag]),
    ],
    problems: [.malformedID, .invalidQueryParameter, .jobNotFound])

  static let steps = RouteDocument(
    id: "listSteps", tag: .jobs, summary: "List the steps of a job",
    parameters: [
      .jobID,
      RouteParameter(
        place: .query, name: "limit", schema: Schema.integer(from: 1, to: 200),
        detail: "The most items of a page; 200 without it."),
      .cursor,
    ],
    answers: [
      .json(
        200, "In the order of their index.",
        Schema.object([
          "items": Schema.array(of: Schema.ref("Step"), maximum: 200),
          "next_cursor": Schema.nullable(Schema.string(), "`null` on the last page."),
        ]), headers: [(name: "Link", detail: "The next page, as `rel=\"next\"`.")])
    ],
    problems: [.malformedID, .invalidQueryParameter, .invalidCursor, .jobNotFound])
}
