import Jobs
import Testing

/// Durations as users write and read them.
@Suite struct DurationTextTests {
  @Test(arguments: [
    ("90m", "1h30m"), ("86400s", "1d"), ("1d1h1m1s1ms", "1d1h1m1s1ms"), ("1500ms", "1s500ms"),
    ("366d", "366d"), ("0s", "0s"), ("0d", "0s"), ("90s", "1m30s"), ("24h", "1d"), ("1000ms", "1s"),
  ])
  func whatIsShownIsReadAsTheSame(_ written: String, _ shown: String) {
    let duration = DurationText.parse(written)
    #expect(duration.map(DurationText.text) == shown)
    #expect(DurationText.parse(shown) == duration)
  }
}
