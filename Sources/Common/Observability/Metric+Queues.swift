extension Metric {
  private static let confirmBuckets = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
  ]

  static let queueDefinitions: [Metric: MetricDefinition] = [
    .queueMessages: .gauge(
      "openclaw_queue_messages", .count,
      [
        .pool, .priority,
        .closed(
          "state", "ready", "running", "held", "due_later", "dead", "unconfirmed", "broker"),
      ], by: .sampled,
      "Steps of a lane by state; unconfirmed and broker count its tickets instead."),
    .queueOldestAge: .gauge(
      "openclaw_queue_oldest_age_seconds", .seconds, [.pool, .priority], by: .sampled,
      "How long the first ready step of a lane has been ready; 0 when none is."),
    .queueConsumers: .gauge(
      "openclaw_queue_consumers", .count, [.pool, .priority], by: .sampled,
      "Live workers that read a lane and are not draining."),
    .workers: .gauge(
      "openclaw_workers", .count, [.pool, .closed("state", "running", "draining", "lost")],
      by: .sampled, "Workers of a pool; one that serves several pools counts in each."),
    .workerSlots: .gauge(
      "openclaw_worker_slots", .count, [.pool, .closed("state", "busy", "free")], by: .sampled,
      "Slots of the live workers of a pool; those of several pools count in each."),
    .outboxRows: .gauge(
      "openclaw_outbox_rows", by: .sampled,
      "Tickets in the outbox, which the broker has not confirmed."),
    .queuePaused: .gauge(
      "openclaw_queue_paused", .count, [.pool, .priority], by: .sampled,
      "1 while a pause of its pool, lane or priority keeps a lane from being claimed, else 0."),
    .pauses: .gauge(
      "openclaw_pauses", .count, [.gateKind], by: .sampled,
      "Pauses in force, by the kind of what they pause."),
    .endlessPauseAge: .gauge(
      "openclaw_endless_pause_age_seconds", .seconds, [.gateKind], by: .sampled,
      "How long the oldest pause without an end has lasted; 0 when there is none."),
    .limitHeldSteps: .gauge(
      "openclaw_limit_held_steps", .count, [.pool, .priority], by: .sampled,
      "Steps of a lane that wait for a slot of a limit; part of what is held."),
    .amqpConfirm: .histogram(
      "openclaw_amqp_confirm_seconds", buckets: confirmBuckets, by: .workersAndGateways,
      "How long the broker took to confirm a ticket."),
    .amqpReturned: .counter(
      "openclaw_amqp_returned_total", by: .workersAndGateways,
      "Tickets that the broker gave back because no queue took them."),
    .reconcilerRung: .counter(
      "openclaw_reconciler_rung_total", .count, [.pool, .priority], by: .gateways,
      "Tickets that were sent anew because the broker had lost them."),
    .reconcilerSurplus: .gauge(
      "openclaw_reconciler_surplus", .count, [.pool, .priority], by: .sampled,
      "Tickets in the broker beyond the ready steps of a lane; absent while it does not answer."),
    .reconcilerOrphans: .gauge(
      "openclaw_reconciler_orphans", by: .sampled,
      "Jobs that are not over and have no step to come; absent before the first search has ended."),
  ]
}
