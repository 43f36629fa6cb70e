import Observability
import TestSupport
import Testing

@Suite struct MetricsTextTests {
  /// One series of each metric, with values that are easily told apart.
  static func full() -> MetricSnapshot {
    let metrics = Metrics()
    for metric in Metric.allCases {
      let labels = metric.labels.map { $0.values?.first ?? "a \"\\\n\u{1F980}" }
      switch metric.kind {
      case .counter: metrics.add(metric, labels, by: Double(metric.rawValue) + 0.5)
      case .gauge: metrics.set(metric, labels, to: Double(metric.rawValue))
      case .histogram:
        for seconds in [0.001, 0.7, 1e6] { metrics.observe(metric, labels, seconds: seconds) }
      }
    }
    var snapshot = metrics.snapshot()
    ProcessMetrics.read(into: &snapshot)
    return snapshot
  }

  private func text(_ snapshot: MetricSnapshot, _ format: MetricsText.Format) -> String {
    String(decoding: MetricsText.render(snapshot, as: format), as: UTF8.self)
  }

  @Test func seriesAreSortedAndEscaped() {
    var snapshot = MetricSnapshot()
    snapshot.set(.outboxRows, to: 3)
    snapshot.add(.jobsStarted, ["b\n\"\\", "low"])
    snapshot.add(.jobsStarted, ["a", "low"], by: 2.5)
    #expect(
      text(snapshot, .prometheus) == #"""
        # HELP openclaw_jobs_started_total Jobs whose first step was claimed for the first time.
        # TYPE openclaw_jobs_started_total counter
        openclaw_jobs_started_total{pool="a",priority="low"} 2.5
        openclaw_jobs_started_total{pool="b\n\"\\",priority="low"} 1
        # HELP openclaw_outbox_rows Tickets in the outbox, which the broker has not confirmed.
        # TYPE openclaw_outbox_rows gauge
        openclaw_outbox_rows 3

        """#)
  }

  @Test func openMetricsNamesFamiliesUnitsAndTheEnd() {
    var snapshot = MetricSnapshot()
    snapshot.set(.processCPU, to: 2.25)
    #expect(
      text(snapshot, .openMetrics) == """
        # HELP process_cpu_seconds CPU time that the process used, in user and system mode.
        # TYPE process_cpu_seconds counter
        # UNIT process_cpu_seconds seconds
        process_cpu_seconds_total 2.25
        # EOF

        """)
  }

  @Test func nothingGivesNothing() {
    #expect(text(MetricSnapshot(), .prometheus).isEmpty)
    #expect(text(MetricSnapshot(), .openMetrics) == "# EOF\n")
  }

  @Test func numbersThatAreNoneAreSpelledAsPrometheusDoes() {
    for (value, spelled) in [
      (Double.nan, "NaN"), (.infinity, "+Inf"), (-.infinity, "-Inf"), (1e300, "1e+300"),
      (1e-7, "1e-07"), (-0.0, "0"), (1e15, "1000000000000000"),
    ] {
      var snapshot = MetricSnapshot()
      snapshot.set(.outboxRows, to: value)
      #expect(text(snapshot, .prometheus).hasSuffix("\nopenclaw_outbox_rows \(spelled)\n"))
    }
  }

  @Test(.enabled(if: TestTools.path(of: "promtool") != nil, "needs scripts/setup.sh --test"))
  func promtoolIsContent() async throws {
    let promtool = try #require(TestTools.path(of: "promtool"))
    let run = try await ToolRun.run(
      promtool, ["check", "metrics"],
      files: ["stdin": MetricsText.render(Self.full(), as: .prometheus)])
    #expect(run.status == 0 && run.output.isEmpty, "\(run.output)")
  }

  @Test(.enabled(if: TestTools.python != nil, "needs scripts/setup.sh --test"))
  func thePythonParsersReadBothFormatsAlike() async throws {
    let run = try await ToolRun.run(
      try #require(TestTools.python), ["compare.py"],
      files: [
        "compare.py": [UInt8](Self.comparison.utf8),
        "text": MetricsText.render(Self.full(), as: .prometheus),
        "openmetrics": MetricsText.render(Self.full(), as: .openMetrics),
      ])
    #expect(run.status == 0, "\(run.output)")
    #expect(run.output == "\(Metric.allCases.count) families\n")
  }

  /// Both texts were made a moment apart, so figures of the process may differ.
  private static let comparison = """
    from prometheus_client.parser import text_string_to_metric_families as prometheus
    from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics

    def read(parse, name):
        text = open(name, encoding="utf-8", newline="").read()
        return {family.name: family for family in parse(text)}

    old, new = read(prometheus, "text"), read(openmetrics, "openmetrics")
    assert old.keys() == new.keys(), old.keys() ^ new.keys()
    for name, family in new.items():
        assert family.type == old[name].type, name
        assert family.documentation == old[name].documentation, name
        assert not family.unit or name.endswith("_" + family.unit), name
        if not name.startswith("process_"):
            samples = [(s.name, s.labels, s.value) for s in family.samples]
            assert samples == [(s.name, s.labels, s.value) for s in old[name].samples], name
    label = new["openclaw_skill_runs"].samples[0].labels["skill"]
    assert label == 'a "\\\\\\n\\U0001F980', repr(label)
    print(len(new), "families")
    """
}
