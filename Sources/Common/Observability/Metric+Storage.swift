extension Metric {
  static let storageDefinitions: [Metric: MetricDefinition] = [
    .tableBytes: .gauge(
      "openclaw_table_bytes", .bytes, [.table], by: .sampled,
      "What a table takes with its indexes and all its partitions."),
    .tableRows: .gauge(
      "openclaw_table_rows", .count, [.table], by: .sampled,
      "About how many rows a table has, as of its last vacuum or analyze."),
    .retentionDeleted: .counter(
      "openclaw_retention_deleted_total", .count, [.table], by: .gateways,
      "Rows that were deleted as they had had their time; of a dropped partition an estimate."),
    .dutyFailures: .counter(
      "openclaw_duty_failures_total", .count,
      [
        .closed(
          "duty", "relay", "ready", "reap", "families", "batches", "expire", "schedules", "signals",
          "webhooks", "release", "floors", "reconcile", "orphans", "retain", "forget",
          "telemetry")
      ], by: .gateways,
      "Batches of the gateways' background work that failed, and are tried again."),
  ]
}
