extension Metric {
  static let scheduleDefinitions: [Metric: MetricDefinition] = [
    .scheduleTicks: .counter(
      "openclaw_schedule_ticks_total", .count,
      [
        .closed(
          "outcome", "fired", "missed", "merged", "skipped_overlap", "not_allowed", "unreadable")
      ], by: .gateways, "Ticks of schedules, by what became of them."),
    .schedulesStopped: .gauge(
      "openclaw_schedules_stopped", .count, [.closed("reason", "not_allowed", "unreadable")],
      by: .sampled,
      "Schedules that have paused by themselves, of users who are not disabled."),
  ]
}
