import Testing

@testable import ModelRouter

@Suite struct SummarizerTests {
  private static let readme = """
    ---
    title: front matter
    ---
    <h1 align="center">Harbor</h1>

    [![Build](https://img.shields.io/ci.svg)](https://ci.example/harbor) ![License](l.svg)

    <!-- A comment. It has
    two lines. -->

    **Harbor** is a message-driven [job system](https://example.com/jobs) that runs work for agents
    on ordinary machines. It keeps each job in a database, so that a crash loses nothing.

    ## Install

    Run this command:

    ```sh
    # Clone it. Then build it.
    git clone https://example.com/harbor. && make
    ```

        indented code. It is skipped.

    | Option | Meaning |
    |---|---|
    | `a` | Sets the first option. It is a table. |

    ## How jobs run

    A worker claims a job from the database and runs it under a lease. When the worker dies, the
    lease ends and another worker claims the job. Jobs of a higher priority start first, e.g. an
    urgent job before a normal one. Version 2.5 of Harbor needs about 3.5 MB of memory, see
    https://example.com/a.b?c=d. for details.

    - [x] Jobs survive a crash of every process, since the database holds them.
    - Fast.
    1. The queue tells workers that a job is ready to be claimed.

    > [!NOTE]
    > The queue holds no job itself, only tickets for jobs.

    ## License

    Harbor is free software under the license that is in the file of that name.
    """

  @Test func onlyProseIsLeftOfMarkdown() {
    let document = MarkdownDocument(Self.readme)
    #expect(document.title == "Harbor")
    let text = document.blocks.map(\.text).joined(separator: "\n")
    for gone in [
      "front matter", "comment", "Clone", "git", "indented", "table", "img", "[", "<", "**", "!",
    ] {
      #expect(!text.contains(gone), "\(gone)")
    }
    #expect(
      document.blocks.first?.text
        == "Harbor is a message-driven job system that runs work for agents on ordinary machines. "
        + "It keeps each job in a database, so that a crash loses nothing.")
    #expect(document.blocks.filter(\.isListItem).count == 3)
    #expect(document.blocks.last?.heading == "License")
  }

  @Test func theSummaryHoldsThreeToFiveSentencesInOrder() {
    let summary = Summarizer.summarize(Self.readme)
    #expect(summary.title == "Harbor")
    #expect(summary.sentences.count == 3)
    #expect(
      summary.sentences.first
        == "Harbor is a message-driven job system that runs work for agents on ordinary machines.")
    let places = summary.sentences.map { sentence in
      Self.readme.replacing("\n", with: " ").firstRange(of: sentence.suffix(20))?.lowerBound
    }.compactMap { $0 }
    #expect(places == places.sorted())
    #expect(!summary.sentences.contains { $0.contains("license") || $0.hasSuffix(":") })
  }

  @Test func theSameTextGivesTheSameSummary() {
    let first = Summarizer.summarize(Self.readme)
    for _ in 0..<20 { #expect(Summarizer.summarize(Self.readme) == first) }
  }

  @Test func aLongTextGivesNoMoreThanFiveSentences() {
    let text = (0..<500).map { "Topic\($0 % 37) meets subject\($0 % 11) near place\($0) again." }
    let summary = Summarizer.summarize(text.joined(separator: " "))
    #expect(summary.sentences.count == 5)
    #expect(summary.total == 500)
  }

  @Test func aShortTextIsItsOwnSummary() {
    let summary = Summarizer.summarize("Cats sleep all day.\r\n\r\nDogs bark at the moon!")
    #expect(summary.sentences == ["Cats sleep all day.", "Dogs bark at the moon!"])
    #expect(summary.title == nil)
  }

  @Test(arguments: [
    "", "\n\n", "# Title", "```\nunclosed. Code here.", "| a | b |\n", "---", "<!-- x",
  ])
  func aTextWithoutProseHasNoSentences(text: String) {
    #expect(Summarizer.summarize(text).sentences.isEmpty)
  }

  @Test func repeatedSentencesAreNotPickedTwice() {
    let text =
      String(repeating: "The queue holds jobs for workers. ", count: 5)
      + "Every lane has its own priority level. Gateways accept requests from clients."
    #expect(Set(Summarizer.summarize(text).sentences).count == 3)
  }

  @Test func hostileTextCostsLittle() {
    for text in [
      "*a ", "[", "<a", "**a *b _c `d ", "[a](b ", "` `` ", "A. ", "\\", "| ", "- ", "> ", "&a",
    ] {
      _ = Summarizer.summarize(String(repeating: text, count: 20_000 / text.count))
    }
  }
}
