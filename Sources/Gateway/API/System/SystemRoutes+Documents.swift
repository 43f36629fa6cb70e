import Jobs

extension RouteParameter {
  fileprivate static let poolFilter = Self(
    place: .query, name: "pool", schema: Schema.pool, detail: "Only those of this pool.")
  fileprivate static let pool = Self(
    place: .path, name: "pool", schema: Schema.pool, detail: "The pool.")
}

extension QueueRoutes {
  static let listing = RouteDocument(
    id: "listQueues", tag: .queues, summary: "List the lanes",
    parameters: [.poolFilter],
    answers: [
      .json(
        200, "Every lane, or those of the pool.",
        Schema.object([
          "items": Schema.array(of: Schema.ref("Lane")),
          "sampled_at": Schema.string(
            "When this node read the sample, whose figures may be some seconds older.",
            format: "date-time"),
          "reconciler": Schema.ref("Reconciler"),
        ]))
    ],
    problems: [.invalidQueryParameter])

  static let showing = RouteDocument(
    id: "getQueue", tag: .queues, summary: "Show a lane, or a pool's lanes and their sum",
    parameters: [
      RouteParameter(
        place: .path, name: "lane",
        schema: Schema.string(pattern: #"^[a-z][a-z0-9_.]*$"#, maximum: 80),
        detail: "A lane, such as `agent.main.low`, the full name of its AMQP queue, or a pool, "
          + "such as `agent.main`.")
    ],
    answers: [
      .json(200, "How it stands.", Schema.oneOf(Schema.ref("Lane"), Schema.ref("PoolQueue")))
    ],
    problems: [.queueNotFound])
}

extension WorkerRoutes {
  static let listing = RouteDocument(
    id: "listWorkers", tag: .workers, summary: "List the workers of the last day",
    detail: "Jobs of others are left out for those who may not operate.",
    parameters: [
      .poolFilter,
      RouteParameter(
        place: .query, name: "state",
        schema: Schema.array(
          of: Schema.word(of: WorkerRecord.State.allCases.map(\.rawValue)), minimum: 1),
        detail: "Only workers in one of these states."),
    ],
    answers: [
      .json(
        200, "The oldest first.", Schema.object(["items": Schema.array(of: Schema.ref("Worker"))]))
    ],
    problems: [.invalidQueryParameter])

  static let draining = RouteDocument(
    id: "drainWorker", tag: .workers, summary: "Send a worker away",
    detail: "It finishes what it runs, and ends.",
    parameters: [
      RouteParameter(place: .path, name: "id", schema: Schema.uuid, detail: "The worker.")
    ],
    body: .empty, answers: [.json(202, "It is told.", Schema.ref("Worker"))],
    problems: [.malformedID, .operatorOnly, .workerNotFound])
}

extension PoolRoutes {
  static let listing = RouteDocument(
    id: "listPools", tag: .workers, summary: "List the pools",
    answers: [
      .json(200, "By name.", Schema.object(["items": Schema.array(of: Schema.ref("Pool"))]))
    ])

  static let showing = RouteDocument(
    id: "getPool", tag: .workers, summary: "Show a pool", parameters: [.pool],
    answers: [.json(200, "How it stands.", Schema.ref("Pool"))], problems: [.poolNotFound])

  static let scaling = RouteDocument(
    id: "scalePool", tag: .workers,
    summary: "Say how many workers a pool shall have, and how long its steps should wait",
    detail: "A lane whose first step has waited for longer than `target_wait` counts as one of the "
      + "next higher priority, for each time that it has done so, up to `high`. `target_wait` of a pool can be sent as it is "
      + "shown; `workers` says what is shown as `desired`. Operators only.",
    parameters: [.pool],
    body: RouteBody(forms: [
      .init(
        mediaType: "application/json",
        schema: Schema.notEmpty(
          Schema.object(
            [
              "workers": Schema.integer(to: PoolRecord.maximumDesired),
              "target_wait": Schema.nullable(
                ComponentSchemas.duration("Such as `30s`; from 1 s to 1 d."),
                "`null`: as long as it takes."),
            ], optional: ["workers", "target_wait"])),
        example: ["workers": 3, "target_wait": "30s"])
    ]),
    answers: [.json(200, "The pool as it is now.", Schema.ref("Pool"))],
    problems: [.operatorOnly, .poolNotFound, .poolNotManaged, .fieldNotSupportedYet])
}

extension MetricsRoutes {
  static let document = RouteDocument(
    id: "getMetrics", tag: .operations, summary: "Metrics for Prometheus",
    detail: "Text format 0.0.4, or OpenMetrics 1.0 when `Accept` prefers it.",
    answers: [
      RouteAnswer(
        status: 200, detail: "The figures of the whole system and of this node.",
        mediaType: "text/plain", otherMediaTypes: ["application/openmetrics-text"],
        schema: ["type": "string"],
        headers: [(name: "Vary", detail: "`Accept`: the format depends on it.")])
    ],
    problems: [.unavailable])
}

extension HealthRoutes {
  static let health = RouteDocument(
    id: "getHealth", tag: .operations, summary: "Whether the process answers",
    answers: [.json(200, "It does.", Schema.object(["status": ["const": "ok"]]))])

  static let readiness = RouteDocument(
    id: "getReadiness", tag: .operations, summary: "Whether this node can do its work",
    answers: [
      .json(
        200, "It can, and will go on to.",
        Schema.object([
          "status": ["const": "ready"], "components": Schema.array(of: Schema.ref("Component")),
        ]))
    ],
    problems: [.notReady])
}

extension ProblemRoutes {
  static let document = RouteDocument(
    id: "explainProblem", tag: .documentation, summary: "What a problem's type means",
    parameters: [
      RouteParameter(
        place: .path, name: "slug",
        schema: Schema.word(of: ProblemKind.allCases.map(\.rawValue)),
        detail: "The last word of a problem's `type`.")
    ],
    answers: [
      RouteAnswer(
        status: 200, detail: "In Markdown.", mediaType: "text/markdown", schema: ["type": "string"])
    ],
    problems: [.routeNotFound])
}
