extension Metric {
  /// Bounds from a claim at once to a backlog of a day.
  private static let waitBuckets = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 86400,
  ]
  /// Bounds up to the ten minutes after which a step has failed.
  private static let runBuckets = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600,
  ]

  static let jobDefinitions: [Metric: MetricDefinition] = [
    .jobsEnqueued: .counter(
      "openclaw_jobs_enqueued_total", .count,
      [.pool, .priority, .closed("outcome", "accepted", "replayed", "rejected")], by: .gateways,
      "Requests for a job, by how they were answered."),
    .jobsStarted: .counter(
      "openclaw_jobs_started_total", .count, [.pool, .priority], by: .workers,
      "Jobs whose first step was claimed for the first time."),
    .jobsCompleted: .counter(
      "openclaw_jobs_completed_total", .count,
      [.pool, .priority, .closed("outcome", "succeeded", "failed", "cancelled", "expired")],
      by: .workersAndGateways, "Jobs that ended, by how."),
    .jobsRetried: .counter(
      "openclaw_jobs_retried_total", .count, [.pool, .priority], by: .workersAndGateways,
      "Attempts at a step that failed and are made again."),
    .jobsDeadLettered: .counter(
      "openclaw_jobs_dead_lettered_total", .count, [.pool, .priority], by: .workersAndGateways,
      "Steps that will not be tried again."),
    .stepsReady: .counter(
      "openclaw_steps_ready_total", .count, [.pool, .priority], by: .workersAndGateways,
      "Times that a step became ready to be claimed: what goes into a lane."),
    .jobQueueWait: .histogram(
      "openclaw_job_queue_wait_seconds", [.pool, .priority], buckets: waitBuckets, by: .workers,
      "How long a step was ready before it was claimed; its count is what goes out of a lane."),
    .jobRun: .histogram(
      "openclaw_job_run_seconds", [.pool, .priority], buckets: runBuckets, by: .workers,
      "How long one attempt at a step ran in its worker."),
  ]
}
