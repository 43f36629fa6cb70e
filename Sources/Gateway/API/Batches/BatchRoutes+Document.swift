import Jobs

extension BatchRoutes {
  private static let id = RouteParameter(
    place: .path, name: "id", schema: Schema.uuid, detail: "The batch.")

  private static let summaryMembers: [String: JSONValue] = [
    "id": Schema.uuid, "name": Schema.nullable(Schema.string()),
    "state": Schema.word(
      "`open`: jobs may be added; `closed`: none may, and not all are over; `finished`: all are.",
      of: BatchState.allCases.map(\.name)),
    "cancelled": ["type": "boolean", "description": "Whether its jobs are, or were, cancelled."],
    "total": Schema.integer("Jobs that were added."),
    "pending": Schema.integer("Those that are not over."),
    "ended": Schema.object([
      "succeeded": Schema.integer(), "failed": Schema.integer(), "cancelled": Schema.integer(),
      "expired": Schema.integer(),
    ]),
    "callback_job": Schema.nullable(Schema.uuid, "The job that its end has made."),
    "callback_outcome": Schema.nullable(
      Schema.word(of: ["made", "not_wanted", "not_allowed"]),
      "`null` before the end, and without a callback."),
    "created_at": Schema.time, "closed_at": Schema.optionalTime,
    "finished_at": Schema.optionalTime,
  ]

  private static let members = summaryMembers.merging([
    "callback": Schema.nullable(
      Schema.object([
        "target": Schema.target, "input": Schema.any("As it was sent."),
        "priority": Schema.priority, "on": condition,
      ]))
  ]) { $1 }

  private static let condition = Schema.word(
    "However the jobs ended, only if all succeeded, or only if one did not; `always` without it.",
    of: CallbackCondition.allCases.map(\.name))

  private static let batch = Schema.object(members)

  private static let itemMembers = [
    "accepted": Schema.integer("Items that are jobs now."),
    "rejected": Schema.integer("Items that are not."),
    "items": Schema.array(of: Schema.any("As in the answer of POST /jobs/batch.")),
  ]

  private static let creation = RouteBody(forms: [
    .init(
      mediaType: "application/json",
      schema: Schema.object(
        [
          "name": Schema.name("For people."),
          "callback": Schema.object(
            [
              "target": Schema.target,
              "input": Schema.any(
                "In its strings `${batch.id}`, `${batch.total}`, `${batch.succeeded}`, "
                  + "`${batch.failed}`, `${batch.cancelled}` and `${batch.expired}` are replaced."),
              "priority": Schema.priority, "on": condition,
            ], optional: ["priority", "on"]),
          "jobs": Schema.array(
            of: [
              "anyOf": [
                Schema.ref("BatchItem"),
                Schema.any("What is no such item is refused alone, in the answer."),
              ]
            ], minimum: 1, maximum: JobBatch.maximumCount),
        ], optional: ["name", "callback", "jobs"]),
      example: [
        "name": "nightly",
        "jobs": [
          ["target": "agent:main", "input": "summarize a.md"],
          ["target": "agent:main", "input": "summarize b.md"],
        ],
        "callback": [
          "target": "agent:main", "on": "always",
          "input": "write \"${batch.failed} of ${batch.total} failed\" to nightly.txt",
        ],
      ])
  ])

  static let listing = RouteDocument(
    id: "listBatches", tag: .jobs, summary: "List batches",
    parameters: [.pageLimit, .cursor],
    answers: [
      .json(
        200, "The newest first.",
        Schema.object([
          "items": Schema.array(of: Schema.object(summaryMembers)),
          "next_cursor": Schema.nullable(Schema.string()),
        ]), headers: [(name: "Link", detail: "The next page, if there is one.")])
    ],
    problems: [.invalidQueryParameter, .invalidCursor])

  static let creating = RouteDocument(
    id: "createBatch", tag: .jobs, summary: "Make a set of jobs with an end of its own",
    detail: """
      With `jobs`, these are added, each accepted or refused on its own, and the batch is closed. \
      Without, it stays open: add jobs with their `batch_id`, then close it. Once all of its jobs \
      are over, it is finished, and makes its callback job, with the rights of its owner then. With \
      an `Idempotency-Key` a repeated request finds the same batch, and adds only what is missing. \
      If jobs are refused only for now, the batch stays open, and the answer is 503 with \
      `Retry-After` and `batch_id`: send the same request again under the same key. The key is kept \
      for 24 hours; after that the request makes another batch. A body holds 16 MiB and 400,000 \
      values and keys at most.

      The callback's input may have as many bytes as that of any job, also with the longest figures \
      filled in.
      """,
    parameters: [.idempotencyKey], body: creation,
    answers: [
      .json(
        201, "The batch; with `jobs`, also what became of each.",
        Schema.object(
          members.merging(itemMembers) { $1 }, optional: Set(itemMembers.keys)),
        headers: [
          (name: "Location", detail: "The batch."),
          (name: "Idempotency-Replayed", detail: "`true`: an earlier request had made it."),
        ])
    ],
    problems: [
      .targetNotAllowed, .priorityNotAllowed, .unknownTarget, .unknownPriority, .invalidInput,
      .batchTooLarge, .batchNotFound, .idempotencyKeyReused, .fieldNotSupportedYet,
    ], problemSchemas: [503: "BatchNotFull"],
    problemHeaders: [503: [(name: "Location", detail: "The batch, where one was left open.")]])

  static let showing = RouteDocument(
    id: "getBatch", tag: .jobs, summary: "Show a batch, and how far it is",
    parameters: [
      id,
      RouteParameter(
        place: .query, name: "wait", schema: Schema.integer(from: 0, to: 60),
        detail: "Seconds to wait for its end."),
    ],
    answers: [.json(200, "The batch.", batch)],
    problems: [.malformedID, .invalidQueryParameter, .batchNotFound])

  static let closing = RouteDocument(
    id: "closeBatch", tag: .jobs, summary: "Let no job be added to a batch any more",
    detail: "It is finished once all of its jobs are over. Again: harmless.",
    parameters: [id], body: .empty, answers: [.json(200, "The batch.", batch)],
    problems: [.malformedID, .batchNotFound])

  static let cancelling = RouteDocument(
    id: "cancelBatch", tag: .jobs, summary: "Cancel the jobs of a batch",
    detail:
      "It takes no further ones. Its jobs are cancelled in the background; those that are over "
      + "stay as they are. Its callback still comes, as it wants.",
    parameters: [id], body: .empty,
    answers: [
      .json(200, "It had ended before, or has now.", batch),
      .json(202, "Its jobs are being cancelled.", batch),
    ],
    problems: [.malformedID, .batchNotFound])
}
