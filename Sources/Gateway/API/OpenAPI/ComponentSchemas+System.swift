import Jobs

extension ComponentSchemas {
  private static let pause = Schema.nullable(
    Schema.object([
      "key": Schema.string("As `/pauses` has it."),
      "reason": Schema.string("Empty when nothing was said."),
      "owner": Schema.string("Who paused it."), "since": Schema.time,
      "until": Schema.nullable(
        Schema.string(format: "date-time"), "`null`: somebody resumes it."),
    ]), "What keeps its steps from being claimed; of several pauses the one that ends last.")

  static let lane = Schema.object(
    figures.merging([
      "lane": Schema.string("A pool and a priority: `agent.main.urgent`."),
      "queue": Schema.string("The AMQP queue."), "priority": Schema.priority,
    ]) { $1 })

  static let poolQueue = Schema.object(
    figures.merging(["lanes": Schema.array(of: Schema.ref("Lane"), minimum: 1)]) { $1 },
    "The sum of a pool's lanes. Consumers serve all of them, and count once; `paused` is a pause of "
      + "the whole pool.")

  private static let figures: [String: JSONValue] = [
    "pool": Schema.pool, "paused": pause,
    "ready": Schema.integer("Steps that may be claimed."),
    "running": Schema.integer("Steps that run."),
    "held": [
      "type": "object", "additionalProperties": Schema.integer(from: 1),
      "description": .string(
        "Steps that something else holds back, by its reason: `session` (an earlier job of their "
          + "session), `child` (a job that they have delegated), `signal`, `limit`, `pause`."),
    ],
    "due_later": Schema.integer("Steps that will be ready later: retries and delays."),
    "dead": Schema.integer("Steps that will not be tried again."),
    "unconfirmed": Schema.integer("Tickets that the broker has not confirmed."),
    "oldest_age_seconds": Schema.nullable(
      Schema.number("Seconds."), "How long the first ready step has been ready."),
    "rate_in": Schema.number("Steps that became ready, per second over the last minute."),
    "rate_out": Schema.number("Steps that were claimed, per second over the last minute."),
    "consumers": Schema.integer("Live workers that serve the pool and are not draining."),
    "broker": Schema.nullable(
      Schema.object([
        "messages": Schema.integer("Messages that wait."),
        "consumers": Schema.integer("Consumers of the queue."),
      ]), "What RabbitMQ says; `null` while it does not answer."),
    "rung": Schema.integer(
      "Tickets that were sent anew because the broker had lost them, since the system was set up."),
    "surplus": Schema.nullable(
      Schema.integer("Tickets in the broker beyond the ready steps."),
      "`null` while RabbitMQ does not answer."),
  ]

  static let reconciler = Schema.object(
    [
      "rung": Schema.integer("Of all lanes, those that are not listed as well."),
      "surplus": Schema.nullable(
        Schema.integer("Of all lanes."), "`null` while RabbitMQ does not answer."),
      "orphans": Schema.nullable(
        Schema.integer("Jobs that are not over and have no step to come."),
        "`null` before the first search has ended."),
      "orphan_jobs": Schema.array(
        of: Schema.uuid, "The first of them; left out for those who may not operate.", maximum: 20),
      "looked_at": Schema.nullable(
        Schema.integer("Jobs that were not over when the last search looked at them."),
        "`null` before the first search has ended."),
      "swept_at": Schema.nullable(Schema.time, "When the last search ended."),
    ], optional: ["orphan_jobs"])

  static let worker = Schema.object([
    "id": Schema.uuid, "state": Schema.word(of: WorkerRecord.State.allCases.map(\.rawValue)),
    "pools": Schema.array(of: Schema.pool), "slots": Schema.integer("Steps it runs at once."),
    "busy": Schema.integer("Steps it ran when it last told."),
    "host": Schema.string("The machine's name."), "pid": Schema.integer("The process id there."),
    "version": Schema.string("The build that it runs."), "started_at": Schema.time,
    "seen_at": Schema.time,
    "steps": Schema.array(
      of: Schema.object([
        "step": Schema.uuid,
        "job": Schema.nullable(Schema.uuid, "`null` for those who may not see it."),
        "target": Schema.target, "priority": Schema.priority, "started_at": Schema.time,
      ]), "What it runs now, the oldest first."),
  ])

  static let pool = Schema.object([
    "pool": Schema.pool, "paused": pause,
    "desired": Schema.nullable(
      Schema.integer(to: PoolRecord.maximumDesired), "`null` when nobody has said so."),
    "managed": Schema.bool("Whether something on duty starts and stops workers to fit `desired`."),
    "target_wait": Schema.nullable(
      shownDuration("As it can be sent."), "The same as `target_wait_seconds`."),
    "target_wait_seconds": Schema.nullable(
      Schema.number("How long its steps should wait at most."),
      "What waits for longer counts as more urgent, up to `high`; `null`: nothing does."),
    "workers": Schema.integer("Live workers, without the draining ones."),
    "slots": Schema.integer("The steps that those may run at once."),
    "running": Schema.integer("Steps that run."),
    "ready": Schema.integer("Steps that may be claimed."),
    "targets": Schema.array(of: Schema.target, "What workers have announced for it."),
  ])
}
