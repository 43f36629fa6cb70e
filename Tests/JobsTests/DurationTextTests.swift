import Jobs
import Testing

@Suite struct DurationTextTests {
  @Test(arguments: [
    "0s", "500ms", "1s", "1m30s", "1h30m", "2d", "1d1h1m1s1ms", "366d",
  ])
  func whatIsWrittenIsReadBack(_ text: String) throws {
    let duration = try #require(DurationText.parse(text))
    #expect(DurationText.text(of: duration) == text)
  }

  @Test func otherWaysToSayItAreShortened() throws {
    for (given, short) in [("90s", "1m30s"), ("24h", "1d"), ("1000ms", "1s"), ("0d", "0s")] {
      #expect(DurationText.text(of: try #require(DurationText.parse(given))) == short)
    }
  }
}
