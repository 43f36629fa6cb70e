extension Metric {
  private static let callBuckets = [
    0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600,
  ]
  private static let firstTokenBuckets = [
    0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60,
  ]
  /// Those of OpenTelemetry's HTTP conventions, and more for waits and streams.
  private static let requestBuckets = [
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60, 300,
  ]

  static let callDefinitions: [Metric: MetricDefinition] = [
    .modelCalls: .counter(
      "openclaw_model_calls_total", .count,
      [
        .provider, .model,
        .closed(
          "outcome", "answered", "truncated", "transient", "rate_limited", "in_doubt", "auth",
          "bad_input", "refused", "internal", "cancelled"),
      ], by: .workers, "Calls of a model, by how they ended."),
    .modelTokens: .counter(
      "openclaw_model_tokens_total", .count,
      [.provider, .model, .closed("direction", "input", "output")], by: .workers,
      "Tokens that models read and wrote, as providers counted or OpenClaw estimated them."),
    .modelCost: .counter(
      "openclaw_model_cost_usd_total", .usd, [.provider, .model], by: .workers,
      "What calls cost, of models whose price is known."),
    .modelFailovers: .counter(
      "openclaw_model_failovers_total", .count, [.provider, .model], by: .workers,
      "Calls that another model took over from this one."),
    .modelCallDuration: .histogram(
      "openclaw_model_call_duration_seconds", [.provider, .model], buckets: callBuckets,
      by: .workers, "How long a model call took to its end."),
    .modelFirstToken: .histogram(
      "openclaw_model_first_token_seconds", [.provider, .model], buckets: firstTokenBuckets,
      by: .workers, "How long the first piece of a model's answer took to come."),
    .skillRuns: .counter(
      "openclaw_skill_runs_total", .count,
      [.open("skill"), .closed("outcome", "succeeded", "failed", "cancelled")], by: .workers,
      "Runs of a skill, one for each attempt, by how they ended."),
    .webhookDeliveries: .counter(
      "openclaw_webhook_deliveries_total", .count,
      [.closed("outcome", "delivered", "retried", "failed", "gone", "dropped")], by: .workers,
      "Attempts at telling a webhook, by what came of them."),
    .rateLimitRejected: .counter(
      "openclaw_ratelimit_rejected_total", by: .gateways,
      "Requests that a rate limit refused."),
    .httpRequestDuration: .histogram(
      "http_server_request_duration_seconds",
      [
        .open("route"),
        .closed("method", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"),
        .open("status"),
      ], buckets: requestBuckets, by: .ownProcess,
      "How long requests took from their head to the end of the response."),
  ]
}
