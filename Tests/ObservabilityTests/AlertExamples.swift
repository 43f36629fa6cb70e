/// What two gateways show over a quarter of an hour, and which alerts come of it, as
/// `promtool test rules` reads it.
enum AlertExamples {
  static let text = """
    rule_files: [openclaw-alerts.yml]
    evaluation_interval: 1m
    tests:
      - interval: 1m
        input_series:
          - series: openclaw_build_info{instance="a", version="1"}
            values: 1x20
          - series: openclaw_queue_messages{instance="a", pool="p", priority="high", state="ready"}
            values: 600x20
          - series: openclaw_queue_messages{instance="b", pool="p", priority="high", state="ready"}
            values: 600x20
          - series: openclaw_queue_messages{instance="a", pool="p", priority="low", state="ready"}
            values: 401x20
          - series: openclaw_queue_messages{instance="a", pool="q", priority="low", state="ready"}
            values: 600x20
          - series: openclaw_queue_messages{instance="b", pool="q", priority="low", state="ready"}
            values: 600x20
          - series: openclaw_workers{instance="a", pool="p", state="running"}
            values: 1x20
          - series: openclaw_workers{instance="a", pool="q", state="running"}
            values: 0x20
          - series: openclaw_queue_oldest_age_seconds{instance="a", pool="p", priority="low"}
            values: 0+60x20
          - series: openclaw_queue_messages{instance="a", pool="r", priority="low", state="ready"}
            values: 5000x20
          - series: openclaw_queue_messages{instance="a", pool="r", priority="high", state="ready"}
            values: 900x20
          - series: openclaw_queue_oldest_age_seconds{instance="a", pool="r", priority="low"}
            values: 0+60x20
          - series: openclaw_workers{instance="a", pool="r", state="running"}
            values: 1x20
          - series: openclaw_queue_paused{instance="a", pool="r", priority="low"}
            values: 1x20
          - series: openclaw_queue_paused{instance="b", pool="r", priority="low"}
            values: 1x20
          - series: openclaw_queue_paused{instance="a", pool="r", priority="high"}
            values: 0x20
          - series: openclaw_queue_paused{instance="a", pool="p", priority="high"}
            values: 0x20
          - series: openclaw_endless_pause_age_seconds{instance="a", kind="pool"}
            values: 85800+60x20
          - series: openclaw_endless_pause_age_seconds{instance="b", kind="pool"}
            values: 85800+60x20
          - series: openclaw_endless_pause_age_seconds{instance="a", kind="user"}
            values: 0x20
          - series: openclaw_outbox_rows{instance="a"}
            values: 0+50x20
          - series: openclaw_jobs_dead_lettered_total{instance="a", pool="p", priority="low"}
            values: 5x10 8x10
          - series: openclaw_jobs_dead_lettered_total{instance="b", pool="p", priority="low"}
            values: 5x10 8x10
          - series: openclaw_reconciler_rung_total{instance="a", pool="p", priority="low"}
            values: 5x10 8x10
          - series: openclaw_reconciler_orphans{instance="a"}
            values: 0x10 2x10
          - series: openclaw_duty_failures_total{instance="a", duty="reap"}
            values: 0+60x20
          - series: openclaw_duty_failures_total{instance="a", duty="relay"}
            values: 0x5 3x15
          - series: openclaw_schedules_stopped{instance="a", reason="unreadable"}
            values: 0x4 2x15
          - series: openclaw_schedules_stopped{instance="b", reason="unreadable"}
            values: 0x4 2x15
          - series: openclaw_schedules_stopped{instance="a", reason="not_allowed"}
            values: 0x20
          - series: openclaw_schedule_ticks_total{instance="a", outcome="missed"}
            values: 7x10 9x10
          - series: openclaw_schedule_ticks_total{instance="a", outcome="skipped_overlap"}
            values: 0+60x20
        alert_rule_test:
          - {eval_time: 4m, alertname: OpenClawScheduleStopped, exp_alerts: []}
          - eval_time: 12m
            alertname: OpenClawScheduleStopped
            exp_alerts:
              - exp_labels: {severity: warning, reason: unreadable}
                exp_annotations:
                  summary: "2 schedules have paused by themselves: unreadable"
          - {eval_time: 9m, alertname: OpenClawTicksMissed, exp_alerts: []}
          - eval_time: 15m
            alertname: OpenClawTicksMissed
            exp_alerts:
              - exp_labels: {severity: warning}
                exp_annotations:
                  summary: Ticks of schedules were missed, and have made no jobs
          - {eval_time: 14m, alertname: OpenClawDutyFails, exp_alerts: []}
          - eval_time: 18m
            alertname: OpenClawDutyFails
            exp_alerts:
              - exp_labels: {severity: critical, duty: reap}
                exp_annotations:
                  summary: "The gateways' duty reap fails again and again: see their logs"
          - {eval_time: 9m, alertname: OpenClawTicketsLost, exp_alerts: []}
          - eval_time: 15m
            alertname: OpenClawTicketsLost
            exp_alerts:
              - exp_labels: {severity: warning}
                exp_annotations:
                  summary: The broker has lost tickets, which were sent anew
          - {eval_time: 14m, alertname: OpenClawOrphans, exp_alerts: []}
          - eval_time: 17m
            alertname: OpenClawOrphans
            exp_alerts:
              - exp_labels: {severity: critical}
                exp_annotations: {summary: 2 jobs are not over and will never run on}
          - {eval_time: 4m, alertname: OpenClawQueueDeep, exp_alerts: []}
          - eval_time: 6m
            alertname: OpenClawQueueDeep
            exp_alerts:
              - exp_labels: {severity: warning, pool: p}
                exp_annotations: {summary: 1001 steps wait for the pool p}
          - {eval_time: 10m, alertname: OpenClawPauseForgotten, exp_alerts: []}
          - eval_time: 11m
            alertname: OpenClawPauseForgotten
            exp_alerts:
              - exp_labels: {severity: warning, kind: pool}
                exp_annotations:
                  summary: "A pool has been paused for a day, and nothing ends that: see openclaw pauses list"
          - eval_time: 3m
            alertname: OpenClawNoWorkers
            exp_alerts:
              - exp_labels: {severity: critical, pool: q}
                exp_annotations:
                  summary: Steps wait for the pool q, and no worker serves it
          - {eval_time: 5m, alertname: OpenClawQueueOld, exp_alerts: []}
          - eval_time: 12m
            alertname: OpenClawQueueOld
            exp_alerts:
              - exp_labels: {severity: warning, pool: p, priority: low}
                exp_annotations: {summary: A step of p.low has waited 720 s}
          - {eval_time: 6m, alertname: OpenClawOutboxGrows, exp_alerts: []}
          - eval_time: 12m
            alertname: OpenClawOutboxGrows
            exp_alerts:
              - exp_labels: {severity: warning}
                exp_annotations:
                  summary: "600 tickets are not confirmed, and ever more: is RabbitMQ well?"
          - {eval_time: 9m, alertname: OpenClawStepsDie, exp_alerts: []}
          - eval_time: 15m
            alertname: OpenClawStepsDie
            exp_alerts:
              - exp_labels: {severity: warning, pool: p}
                exp_annotations: {summary: Steps of the pool p failed for good}
          - {eval_time: 15m, alertname: OpenClawNoGateway, exp_alerts: []}
      - interval: 1m
        input_series:
          - series: openclaw_outbox_rows{instance="a"}
            values: 500x20
        alert_rule_test:
          - {eval_time: 15m, alertname: OpenClawOutboxGrows, exp_alerts: []}
          - {eval_time: 15m, alertname: OpenClawQueueDeep, exp_alerts: []}
          - {eval_time: 15m, alertname: OpenClawNoWorkers, exp_alerts: []}
          - eval_time: 15m
            alertname: OpenClawNoGateway
            exp_alerts:
              - exp_labels: {severity: critical}
                exp_annotations: {summary: No gateway can be scraped}

    """
}
