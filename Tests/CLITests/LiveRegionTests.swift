import Testing

@testable import openclaw

struct LiveRegionTests {
  private let wide = TerminalSize(columns: 20, rows: 5)

  @Test func aFrameReplacesTheOneBefore() {
    var region = LiveRegion()
    #expect(
      region.frame(lines: ["a", "b"], size: wide, isColored: false) == "\u{1B}[?25la\nb")
    #expect(
      region.frame(staying: ["kept"], lines: ["c"], size: wide, isColored: false)
        == "\r\u{1B}[1A\u{1B}[Jkept\nc")
    #expect(region.end(size: wide, isColored: false) == "\r\u{1B}[J\u{1B}[?25h")
    #expect(region.end(size: wide, isColored: false).isEmpty)
  }

  @Test func linesThatANarrowerTerminalWrappedAreErasedWhole() {
    var region = LiveRegion()
    _ = region.frame(lines: ["0123456789012345", "x"], size: wide, isColored: false)
    let narrow = TerminalSize(columns: 6, rows: 5)
    // 16 columns take three rows of 6, and the short line one more.
    #expect(
      region.frame(lines: ["abcdefgh"], size: narrow, isColored: false)
        == "\r\u{1B}[3A\u{1B}[Jabcd…")
  }

  @Test func aFrameIsNeverHigherThanTheTerminal() {
    var region = LiveRegion()
    let frame = region.frame(
      lines: (0..<9).map { StyledLine("\($0)") }, size: wide, isColored: false)
    #expect(frame == "\u{1B}[?25l5\n6\n7\n8")
  }

  @Test func stylesAreCutWithTheirText() {
    let line = StyledLine("ab", .red).adding("日本語", .dim).adding("never")
    #expect(line.text(width: 6, isColored: false) == "ab日…")
    #expect(
      line.text(width: 6, isColored: true) == "\u{1B}[31mab\u{1B}[0m\u{1B}[2m日…\u{1B}[0m")
    #expect(StyledLine("a\u{1B}[2Jb").text(width: 80, isColored: false) == "a\\u{1b}[2Jb")
  }

  @Test func textWrapsByWhatATerminalShows() {
    #expect("日本語ab\ncdef".wrapped(to: 4) == ["日本", "語ab", "cdef"])
    #expect("".wrapped(to: 4) == [""])
  }
}
