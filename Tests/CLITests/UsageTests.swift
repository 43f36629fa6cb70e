import Jobs
import Testing

@testable import openclaw

struct UsageTests {
  @Test func aUsageErrorIsADocumentWhereOneIsAskedFor() async throws {
    for words in [
      ["jobs", "list", "--limit", "0", "-o", "json"], ["jobs", "list", "-o=jsonl", "--nothing"],
      ["jobs", "nothing", "--output", "json"], ["jobs", "events", "x", "--output=json"],
    ] {
      let run = await CommandRun.of(words)
      #expect(run.code == 64 && run.error.isEmpty, "\(words)")
      let document = try run.json
      #expect(document["ok"] == false && document["error"]?["type"] == "usage", "\(words)")
      #expect(document["error"]?["message"]?.text?.contains("Usage:") == false, "\(words)")
    }
    let yaml = await CommandRun.of(["jobs", "list", "--limit", "0", "-o", "yaml"])
    #expect(yaml.code == 64 && yaml.output.hasSuffix("ok: false\n"))
  }

  @Test func forPeopleAUsageErrorIsText() async {
    for words in [["jobs", "list", "--limit", "0"], ["jobs", "list", "-o", "xml"]] {
      let run = await CommandRun.of(words)
      #expect(run.code == 64 && run.output.isEmpty && run.error.contains("Usage:"))
    }
    let help = await CommandRun.of(["jobs", "--help", "-o", "json"])
    #expect(help.code == 0 && help.output.contains("SUBCOMMANDS"))
  }

  @Test func thereIsACompletionForEachShell() async {
    for shell in ["bash", "zsh", "fish"] {
      let run = await CommandRun.of(["completion", shell])
      #expect(run.code == 0 && run.output.contains("queues"))
    }
    #expect(await CommandRun.of(["completion", "tcsh"]).code == 64)
  }

  @Test func aTableTakesNoMoreThanTheTerminalHas() {
    var table = TextTable("ID", "NAME", "NOTE")
    table.add("0123456789", "a name that is long", "a note that is longer than the name")
    let wide = table.text(isColored: false, width: 200)
    #expect(wide == table.text(isColored: false))
    let narrow = table.text(isColored: false, width: 40).split(separator: "\n")
    #expect(narrow.allSatisfy { String($0).displayWidth <= 40 })
    #expect(narrow[1].hasPrefix("0123456789  a name"))
    // Too narrow for columns: a block for each row, nothing cut.
    #expect(
      table.text(isColored: false, width: 5) == """
        ID    0123456789
        NAME  a name that is long
        NOTE  a note that is longer than the name
        """)
  }
}
