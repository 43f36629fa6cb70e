import Jobs
import Testing

@testable import openclaw

struct OutputTests {
  @Test func columnsAlignByWhatATerminalShows() {
    var table = TextTable("A", "B", "C", maximumWidth: 6)
    table.add("é", "日本", "last one stays whole")
    table.add("e\u{301}x", "👩‍👩‍👧 far too long", "")
    #expect(
      table.text(isColored: false) == """
        A   B       C
        é   日本    last one stays whole
        e\u{301}x  👩‍👩‍👧 fa…
        """)
    #expect(table.text(isColored: true).hasPrefix("\u{1B}[2mA "))
  }

  @Test func theColumnsThatNameARowAreNotCut() {
    var table = TextTable("A", "B", "NOTE", wholeColumns: 2)
    table.add("0123456789", "0123456789", "long note")
    #expect(
      table.text(isColored: false, width: 28).hasSuffix("\n0123456789  0123456789  lon…"))
    #expect(table.text(isColored: false, width: 27).hasPrefix("A     0123456789\nB     0123"))
  }

  @Test func aCellStaysOneLineAndHarmless() {
    var table = TextTable("A")
    table.add("a\nb\u{1B}[31m\u{9B}1m\r\u{202E}")
    #expect(table.text(isColored: false) == #"A\#na\nb\u{1b}[31m\u{9b}1m\u{d}\u{202e}"#)
  }

  @Test func textKeepsItsLinesAndLosesItsEscapes() {
    let text = "one\n\ttwo\u{1B}]52;c;AAAA\u{7}"
    #expect(
      TerminalText.neutralized(text, keepsLines: true) == "one\n\ttwo\\u{1b}]52;c;AAAA\\u{7}")
    #expect(TerminalText.neutralized("a\r\nb", keepsLines: true) == "a\\u{d}\nb")
  }

  @Test func jsonIsIndentedAndMeansTheSameEscaped() throws {
    let value: JSONValue = [
      "b": [1, [], ["x": "\u{9B}\u{7F}é"]], "a": .object([:]), "n": .null, "t": .number(0.5),
    ]
    #expect(
      value.indented(escaping: true) == #"""
        {
          "a": {},
          "b": [
            1,
            [],
            {
              "x": "\u009b\u007fé"
            }
          ],
          "n": null,
          "t": 0.5
        }
        """#)
    #expect(try JSONValue(json: Array(value.indented(escaping: true).utf8)) == value)
    #expect(try JSONValue(json: Array(value.compact(escaping: true).utf8)) == value)
  }

  @Test func yamlQuotesWhatCouldBeReadAsSomethingElse() {
    let value: JSONValue = [
      "plain": "agent.main turn", "list": ["no", "1", "", "a: b", "- x", "two\nlines", "a "],
      "deep": [["a": 1, "b": [true, .null]], [["c"]], []], "on": "2026-11-22", "é": .object([:]),
    ]
    #expect(
      value.yaml == #"""
        deep:
          - a: 1
            b:
              - true
              - null
          - - - c
          - []
        list:
          - "no"
          - "1"
          - ""
          - "a: b"
          - "- x"
          - "two\nlines"
          - "a "
        "on": "2026-11-22"
        plain: agent.main turn
        "é": {}
        """#)
  }

  @Test func colorNeedsATerminalAndNoWish() {
    func isColored(_ environment: [String: String], _ terminal: Bool, plain: Bool) -> Bool {
      var options = OutputOptions()
      options.format = .table
      options.isPlain = plain
      let surroundings = Surroundings(
        environment: environment, directory: "", isRoot: false, writeOutput: { _ in },
        writeError: { _ in }, outputIsTerminal: terminal, errorIsTerminal: false,
        readInput: { _ in [] }, pause: { _ in }, interruptions: { AsyncStream { _ in } })
      return Console(surroundings, options: options).isColored
    }
    #expect(isColored([:], true, plain: false))
    #expect(!isColored([:], false, plain: false))
    #expect(!isColored([:], true, plain: true))
    #expect(!isColored(["NO_COLOR": "1"], true, plain: false))
  }
}
