import Jobs

extension JobEditRoutes {
  private static let tag = (name: "ETag", detail: "Changes with the job.")

  static let prioritizing = RouteDocument(
    id: "prioritizeJob", tag: .jobs, summary: "Change the priority of a job that is not over",
    detail: "With all that it has delegated. What runs goes on; what waits changes its lane.",
    parameters: [.jobID],
    body: RouteBody(forms: [
      .init(
        mediaType: "application/json", schema: Schema.object(["priority": Schema.priority]),
        example: ["priority": "high"])
    ]),
    answers: [.json(200, "The job.", Schema.ref("Job"), headers: [tag])],
    problems: [.malformedID, .priorityNotAllowed, .jobNotFound, .jobOver, .unknownPriority])

  private static let edit: JSONValue = [
    "type": "object", "additionalProperties": false, "minProperties": 1,
    "not": ["required": ["run_at", "delay"]],
    "properties": [
      "run_at": Schema.string(format: "date-time"),
      "delay": ComponentSchemas.duration("From now, such as `2h`; `0s` is at once."),
      "input": Schema.any("Must fit the job's target."),
    ],
  ]

  static let editing = RouteDocument(
    id: "editJob", tag: .jobs, summary: "Change the start or the input of a scheduled job",
    detail: "Until it is due. A start alone, before the job's deadline, also counts for steps that "
      + "wait for their next attempt: `{\"delay\": \"0s\"}` makes it at once.",
    parameters: [.jobID],
    body: RouteBody(forms: [
      .init(
        mediaType: "application/json",
        schema: edit, example: ["delay": "2h"])
    ]),
    answers: [.json(200, "The job.", Schema.ref("Job"), headers: [tag])],
    problems: [
      .malformedID, .jobNotFound, .jobNotScheduled, .unknownTarget, .invalidInput,
    ])

  static let explaining = RouteDocument(
    id: "explainJob", tag: .jobs, summary: "Tell why a job waits",
    parameters: [.jobID],
    answers: [
      .json(
        200, "What keeps each step that is not over, of the first 50.",
        Schema.object([
          "job": Schema.uuid, "state": Schema.word(of: JobState.allCases.map(\.name)),
          "summary": Schema.string("In one sentence."),
          "steps": Schema.array(
            of: Schema.object([
              "step": Schema.uuid, "target": Schema.target,
              "cause": Schema.word(of: WaitReason.Cause.allCases.map(\.rawValue)),
              "detail": Schema.string("In one sentence."),
              "remedy": Schema.string("What would let it go on."),
              "ahead": Schema.nullable(
                Schema.integer(),
                "How many steps of its pool, or of its limit, start before it; in a session, how "
                  + "many jobs. 10,001 and more of its own lane are not counted."),
              "until": Schema.nullable(
                Schema.string(format: "date-time"), "When it goes on by itself."),
              "estimate_seconds": Schema.nullable(
                Schema.number("How long it may still wait."), "`null` where nothing tells."),
              "estimate_basis": Schema.string(
                "What the estimate is made of, or why there is none."),
            ]), maximum: 50),
          "truncated": Schema.bool("Whether there are more such steps."),
        ]))
    ],
    problems: [.malformedID, .jobNotFound])

  static let tree = RouteDocument(
    id: "getTree", tag: .jobs, summary: "List the jobs of a job's tree",
    detail: "The job that a user asked for and all that were delegated from it on, in the order in "
      + "which they were made. Any job of the tree names it.",
    parameters: [.jobID],
    answers: [
      .json(
        200, "The first 1,000.",
        Schema.object([
          "items": Schema.array(of: Schema.ref("JobSummary"), maximum: 1000),
          "truncated": Schema.bool("Whether the tree has more jobs."),
        ]))
    ],
    problems: [.malformedID, .jobNotFound])
}
