import Jobs

extension SignalRoutes {
  private static let name = RouteParameter(
    place: .path, name: "name", schema: Schema.name(),
    detail: "The signal's name.")

  static let listing = RouteDocument(
    id: "listSignals", tag: .jobs, summary: "List what a job waits for",
    parameters: [.jobID],
    answers: [
      .json(
        200, "The waits, and the signals that nothing has taken.",
        Schema.object([
          "waits": Schema.array(
            of: Schema.object([
              "step": Schema.uuid, "signal": Schema.string(), "until": Schema.time,
            ])),
          "kept": Schema.array(
            of: Schema.object(["signal": Schema.string(), "sent_at": Schema.time])),
        ]))
    ],
    problems: [.malformedID, .jobNotFound])

  static let sending = RouteDocument(
    id: "sendSignal", tag: .jobs, summary: "Send a job a signal",
    detail: "The first step that waits for the name takes it: a call of `signal.wait` returns the "
      + "payload, a job with `wait_for` starts. One that comes before anything waits is kept, 100 "
      + "at most. Each request is a signal of its own.",
    parameters: [.jobID, name],
    body: RouteBody(
      isRequired: false,
      forms: [
        .init(
          mediaType: "application/json",
          schema: Schema.object(
            ["payload": Schema.any("What the call returns; `null` without it.")],
            optional: ["payload"]),
          example: ["payload": ["approved_by": "ada"]])
      ]),
    answers: [
      .json(
        202, "It counts.",
        Schema.object([
          "job": Schema.uuid, "signal": Schema.string(),
          "state": Schema.word(
            "Whether something had waited for it.", of: ["taken", "kept"]),
        ]))
    ],
    problems: [.malformedID, .jobNotFound, .jobOver, .tooManySignals, .fieldNotSupportedYet])
}
