import Testing

@testable import ModelRouter

@Suite struct SentenceSplitterTests {
  @Test(arguments: [
    "It takes 3.5 seconds, e.g. on a laptop.", "Dr. Smith and Mrs. Jones met J. R. Tolkien.",
    "See https://example.com/a.b?c=d.e for more.", "Use v2.0.1 of Node.js today.",
    "Run `git add . && x. Then` first.", "It works on Linux, macOS, etc. and more.",
    "As shown in Fig. 3 and on pp. 4 of vol. 2.", "The U.S. Army, i.e. That one.",
    "1. First of all.", "Wait... what is that?", "Yahoo! announced it.",
  ])
  func theseAreOneSentence(text: String) {
    #expect(SentenceSplitter.split(text) == [text])
  }

  @Test(arguments: [
    ("One ends. Two begins!", ["One ends.", "Two begins!"]),
    ("Is it so? Yes. No. It is not.", ["Is it so?", "Yes.", "No.", "It is not."]),
    (
      "He said \"Stop.\" Then he left (at last.) Now.",
      ["He said \"Stop.\"", "Then he left (at last.)", "Now."]
    ),
    ("It costs 5.50. You pay.", ["It costs 5.50.", "You pay."]),
    (
      "We do apples, pears, etc. The rest is yours.",
      ["We do apples, pears, etc.", "The rest is yours."]
    ),
    ("See https://example.com. Then go.", ["See https://example.com.", "Then go."]),
    ("Run `make`. `make test` runs all.", ["Run `make`.", "`make test` runs all."]),
    ("What?! Really… Yes.", ["What?!", "Really…", "Yes."]),
    ("你好。再见！", ["你好。", "再见！"]),
    ("A stray ` tick. Here too.", ["A stray ` tick.", "Here too."]),
  ])
  func theseAreSeveral(text: String, sentences: [String]) {
    #expect(SentenceSplitter.split(text) == sentences)
  }

  @Test func nothingGivesNothing() {
    #expect(SentenceSplitter.split("") == [])
    #expect(SentenceSplitter.split(" \n ") == [])
  }
}
