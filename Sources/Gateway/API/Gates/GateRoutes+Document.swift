import Jobs

extension GateRoutes {
  private static let word = "[a-z][a-z0-9_]*"
  private static let uuid = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"

  private static func key(_ forms: [String], _ detail: String) -> RouteParameter {
    let common = [
      "user:\(uuid)", "agent:\(word)", "skill:\(word)\\.\(word)",
      "provider:\(word)(\\.\(word))*", "webhook:\(uuid)",
    ]
    return RouteParameter(
      place: .path, name: "key",
      schema: Schema.string(
        pattern: "^(\((forms + common).joined(separator: "|")))$", maximum: 64),
      detail: detail
        + "`user:<id>`, `agent:<name>`, `skill:<name>`, `provider:<name>` or `webhook:<id>`.")
  }

  private static let limitKey = key(
    ["user:\\*", "webhook:\\*"], "`user:*` and `webhook:*` (each of them by itself), ")
  private static let pauseKey = key(
    [
      "pool:\(word)(\\.\(word))*", "lane:\(word)(\\.\(word))*\\.(urgent|high|normal|low)",
      "priority:(urgent|high|normal|low)",
    ], "`pool:<pool>`, `lane:<lane>`, `priority:<priority>`, ")
  private static let queue = RouteParameter(
    place: .path, name: "lane",
    schema: Schema.string(pattern: "^[a-z][a-z0-9_.]*$", maximum: 80),
    detail: "A pool, such as `agent.main`, or a lane, such as `agent.main.low`.")

  private static let limit = Schema.object([
    "key": Schema.string(), "maximum": Schema.integer("How many steps may run at once."),
    "running": Schema.integer("How many run now."),
    "held": Schema.integer("How many wait for one of them to end."),
  ])
  private static let pause = Schema.object([
    "key": Schema.string(),
    "reason": Schema.string("Empty when nothing was said."),
    "owner": Schema.string("Who paused it."), "since": Schema.time,
    "until": Schema.nullable(
      Schema.string(format: "date-time"), "When it ends by itself; `null`: somebody resumes it."),
    "held": Schema.integer(
      "Steps that were about to start; those of a paused pool, lane or priority stay ready."),
  ])
  private static let resumed = Schema.object([
    "key": Schema.string(), "resumed": ["const": true],
  ])
  private static let force = Schema.bool(
    "Whether to take an agent, skill, user or provider that is not known (yet).")
  private static let pauseBody = RouteBody(
    isRequired: false,
    forms: [
      .init(
        mediaType: "application/json",
        schema: Schema.object(
          [
            "reason": Schema.nullable(
              Schema.string("Whoever waits reads it.", maximum: 500),
              "Without it, that of a pause that there is stays as it is."),
            "force": force,
            "for": Schema.nullable(
              ComponentSchemas.duration("How long from now on, such as `30m`, from 1 s to 366 d."),
              "`null` for until somebody resumes. Without it, the end of a pause that there is stays "
                + "as it is; a new one has none."),
          ], optional: ["reason", "for", "force"]),
        example: ["reason": "provider outage", "for": "30m"])
    ])

  static let limits = RouteDocument(
    id: "listLimits", tag: .queues, summary: "List the limits",
    answers: [.json(200, "By key.", Schema.object(["items": Schema.array(of: limit)]))])

  static let limiting = RouteDocument(
    id: "setLimit", tag: .queues, summary: "Limit how many steps run at once",
    detail: "What would exceed it is held, and goes on as one ends. Steps that had begun before "
      + "there was a limit for them do not count. Operators only.",
    parameters: [limitKey],
    body: RouteBody(forms: [
      .init(
        mediaType: "application/json",
        schema: Schema.object(
          [
            "maximum": Schema.integer("0 lets none start.", from: 0, to: 100_000), "force": force,
          ], optional: ["force"]), example: ["maximum": 4])
    ]),
    answers: [.json(200, "The limit.", limit)],
    problems: [.invalidGateKey, .operatorOnly, .gateNotFound, .unknownGateKey])

  static let showingLimit = RouteDocument(
    id: "getLimit", tag: .queues, summary: "Show a limit",
    parameters: [limitKey], answers: [.json(200, "How far it is used.", limit)],
    problems: [.invalidGateKey, .gateNotFound])

  static let lifting = RouteDocument(
    id: "liftLimit", tag: .queues, summary: "Lift a limit",
    parameters: [limitKey], body: .empty, answers: [.json(200, "As it was.", limit)],
    problems: [.invalidGateKey, .operatorOnly, .gateNotFound])

  static let pauses = RouteDocument(
    id: "listPauses", tag: .queues, summary: "List what is paused",
    answers: [.json(200, "By key.", Schema.object(["items": Schema.array(of: pause)]))])

  static let pausing = RouteDocument(
    id: "pause", tag: .queues, summary: "Pause a set of steps",
    detail: "None of them starts within a second; what runs goes on. Again: changes the reason "
      + "and the length, where they are sent. A pool or lane has to be one of the topology, an "
      + "agent or skill announced, a provider known, and a user there: else `force`. "
      + "Operators only.",
    parameters: [pauseKey], body: pauseBody, answers: [.json(200, "The pause.", pause)],
    problems: [.invalidGateKey, .operatorOnly, .queueNotFound, .unknownGateKey])

  static let showingPause = RouteDocument(
    id: "getPause", tag: .queues, summary: "Show a pause",
    parameters: [pauseKey], answers: [.json(200, "Why, and until when.", pause)],
    problems: [.invalidGateKey, .gateNotFound])

  static let resuming = RouteDocument(
    id: "resume", tag: .queues, summary: "End a pause",
    parameters: [pauseKey], body: .empty, answers: [.json(200, "It has ended.", resumed)],
    problems: [.invalidGateKey, .operatorOnly, .gateNotFound])

  static let pausingQueue = RouteDocument(
    id: "pauseQueue", tag: .queues, summary: "Pause a pool or a lane",
    detail: "The same as pausing `pool:<pool>` or `lane:<lane>`. A body is not needed.",
    parameters: [queue], body: pauseBody, answers: [.json(200, "The pause.", pause)],
    problems: [.operatorOnly, .queueNotFound])

  static let resumingQueue = RouteDocument(
    id: "resumeQueue", tag: .queues, summary: "End the pause of a pool or a lane",
    parameters: [queue], body: .empty, answers: [.json(200, "It has ended.", resumed)],
    problems: [.operatorOnly, .queueNotFound, .gateNotFound])
}
