import Observability
import Testing

@Suite struct MetricSnapshotJSONTests {
  private func read(_ json: String) -> MetricSnapshot? { MetricSnapshot(json: json.utf8) }

  private func written(_ snapshot: MetricSnapshot) -> String {
    String(decoding: snapshot.json, as: UTF8.self)
  }

  @Test func itIsCompact() {
    var snapshot = MetricSnapshot()
    snapshot.add(.jobsStarted, ["b", "low"], by: 2)
    snapshot.add(.jobsStarted, ["a", "high"], by: 0.5)
    #expect(
      written(snapshot) == #"{"openclaw_jobs_started_total":[["a","high",0.5],["b","low",2]]}"#)
    let metrics = Metrics()
    for seconds in [0.0005, 0.2, 0.2, 99] { metrics.observe(.amqpConfirm, seconds: seconds) }
    #expect(
      written(metrics.snapshot()).contains(
        #""openclaw_amqp_confirm_seconds":[[99.4005,[0.001,1,0.25,2,null,1]]]"#))
  }

  @Test func whatIsWrittenIsReadAgain() throws {
    let metrics = Metrics()
    let nasty = "a\"\\\n\u{0}é\u{1F980}"
    for metric in Metric.allCases {
      let labels = metric.labels.map { $0.values?.last ?? nasty }
      switch metric.kind {
      case .counter: metrics.add(metric, labels, by: 1e15 + 0.5)
      case .gauge: metrics.set(metric, labels, to: -0.1)
      case .histogram:
        for bound in metric.buckets + [1e9] { metrics.observe(metric, labels, seconds: bound) }
      }
    }
    let snapshot = metrics.snapshot()
    let again = try #require(MetricSnapshot(json: snapshot.json))
    #expect(again == snapshot)
    #expect(again.json == snapshot.json)
    #expect(read("{}") == MetricSnapshot())
  }

  @Test func whatAnotherVersionKnowsIsSkipped() {
    let snapshot = read(
      """
      {"openclaw_magic_total": [["x", 1]], "openclaw_jobs_started_total": [
        ["a", "low", 1], ["a", 2], ["a", "low", "extra", 3], ["a", "low", "4"], ["a", 5, 6],
        ["a", "low", -7], "x", null],
       "openclaw_amqp_returned_total": {"a": 1}, "openclaw_outbox_rows": [[null]]}
      """)
    var expected = MetricSnapshot()
    expected.add(.jobsStarted, ["a", "low"])
    #expect(snapshot == expected)
  }

  @Test func bucketsOfAnotherVersionCountInTheNextLargerOne() throws {
    let snapshot = try #require(
      read(
        """
        {"openclaw_amqp_confirm_seconds":[[9, [0.0005, 1, 0.3, 2, 1000, 4, null, 8]]],
         "openclaw_job_run_seconds": [["a", "low", 1, [1]], ["b", "low", 1, [1, -1]],
           ["c", "low", 1, ["x", 1]], ["d", "low", 1, 5], ["e", "low", 1, []]]}
        """))
    #expect(snapshot.value(.amqpConfirm) == 15)
    let text = String(decoding: MetricsText.render(snapshot, as: .prometheus), as: UTF8.self)
    for line in [#"{le="0.001"} 1"#, #"{le="0.25"} 1"#, #"{le="0.5"} 3"#, #"{le="30.0"} 3"#] {
      #expect(text.contains("openclaw_amqp_confirm_seconds_bucket\(line)\n"))
    }
    for pool in ["a", "b", "c", "d"] { #expect(snapshot.value(.jobRun, [pool, "low"]) == nil) }
    #expect(snapshot.value(.jobRun, ["e", "low"]) == 0)
  }

  @Test func hugeNumbersDoNotTrap() throws {
    let huge = #"{"openclaw_amqp_confirm_seconds":[[1e308,[null,9223372036854775807]]]}"#
    var snapshot = try #require(read(huge))
    for _ in 0..<3 { snapshot.merge(try #require(read(huge))) }
    _ = MetricsText.render(snapshot, as: .openMetrics)
    // A sum without an end cannot be written; the series is left out.
    #expect(written(snapshot) == "{}")
  }

  @Test func whatIsNoObjectIsNoSnapshot() {
    for text in ["", "[]", "1", "{", "null", "{\"a\":}", "\u{FEFF}{}"] {
      #expect(read(text) == nil, "\(text)")
    }
    #expect(MetricSnapshot(json: [0xFF, 0xFE]) == nil)
  }

  @Test func tooManySeriesOfAnotherAreBounded() throws {
    let series = (0..<3_000).map { "[\"p\($0)\",\"low\",1]" }.joined(separator: ",")
    let snapshot = try #require(read("{\"openclaw_jobs_started_total\":[\(series)]}"))
    #expect((snapshot.value(.jobsStarted, ["other", "low"]) ?? 0) > 1_000)
  }
}
