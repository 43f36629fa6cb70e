import Jobs

extension RouteBody {
  /// For commands that take no arguments.
  static let empty = Self(
    isRequired: false,
    forms: [.init(mediaType: "application/json", schema: Schema.object([:]), example: [:])])
}

extension JobCommandRoutes {
  static let cancelling = RouteDocument(
    id: "cancelJob", tag: .jobs, summary: "Cancel a job",
    detail:
      "With all that it has delegated. What waits ends at once, what runs within two seconds. "
      + "Asking again is harmless.",
    parameters: [
      .jobID,
      RouteParameter(
        place: .query, name: "scope", schema: Schema.word(of: ["job", "tree"]),
        detail:
          "`job`, the default: this job and those below it. `tree`: the whole tree that it is "
          + "part of, from its root on."),
    ], body: .empty,
    answers: [
      .json(
        200, "The job is cancelled, now or before.", Schema.ref("Job"),
        headers: [(name: "ETag", detail: "Changes with the job.")]),
      .json(
        202, "What runs is being stopped.", Schema.ref("Job"),
        headers: [(name: "Retry-After", detail: "Seconds.")]),
    ],
    problems: [.malformedID, .invalidQueryParameter, .jobNotFound, .jobOver])

  static let retrying = RouteDocument(
    id: "retryJob", tag: .jobs, summary: "Do a job again, as a new one",
    detail: """
      For jobs that have failed, expired or been cancelled. The new one has the old one's target, \
      input, priority, session, webhook and `wait_for`: it starts once that signal was sent to it, \
      and has as long to wait.
      """,
    parameters: [.jobID, .commandKey], body: .empty,
    answers: [
      .json(
        202, "The new job; `retry_of` names the old one.", Schema.ref("Job"),
        headers: [
          (name: "Location", detail: "The new job."), (name: "Retry-After", detail: "Seconds."),
          (name: "Idempotency-Replayed", detail: "`true` when an earlier request had made it."),
        ])
    ],
    problems: [
      .malformedID, .targetNotAllowed, .priorityNotAllowed, .jobNotFound, .jobNotOver,
      .jobSucceeded, .idempotencyKeyReused, .backlogFull,
    ])
}
