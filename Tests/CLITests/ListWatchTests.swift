import Foundation
import Jobs
import Testing

@testable import openclaw

/// `--watch` of the lists.
struct ListWatchTests {
  private static let lists = [
    ["jobs", "list"], ["workers", "list"], ["pools", "list"], ["queues", "list"],
    ["dead", "list", "agent.main"], ["schedules", "list"],
    ["batches", "show", "0199c0de-0000-7000-8000-00000000bb01"],
  ]

  @Test func onAPipeEachLookIsATableOrALine() async throws {
    try await ScriptedGateway.run { gateway in
      for list in Self.lists {
        let watched = list + ["--watch", "--count", "3", "--url", gateway.url]
        let lines = await CommandRun.of(watched + ["-o", "jsonl"])
        #expect(lines.code == 0 && lines.pauses == [.seconds(2), .seconds(2)], "\(list)")
        let documents = try lines.output.split(separator: "\n").map {
          try JSONValue(json: Array($0.utf8))
        }
        #expect(documents.count == 3, "\(list)")
        if list[1] == "list" { #expect(documents.allSatisfy { $0["items"] != nil }, "\(list)") }
        let once = await CommandRun.of(list + ["--url", gateway.url])
        let tables = await CommandRun.of(watched + ["--interval", "5"])
        #expect(tables.code == 0 && tables.pauses == [.seconds(5), .seconds(5)])
        #expect(tables.output.components(separatedBy: "\n\n").count == 3, "\(list)")
        #expect(
          tables.output.hasPrefix(once.output.prefix(12)) && !tables.output.contains("\u{1B}"))
      }
    }
  }

  @Test func onATerminalALookIsDrawnInPlaceAndTheLastOneStays() async throws {
    try await ScriptedGateway.run { gateway in
      let run = await CommandRun.of(
        ["jobs", "list", "--watch", "--count", "2", "--url", gateway.url], isTerminal: true)
      #expect(run.code == 0 && run.error.isEmpty)
      #expect(run.output.hasPrefix("\u{1B}[?1049h\u{1B}[?25l"))
      let parts = run.output.components(separatedBy: "\u{1B}[?1049l")
      #expect(parts.count == 2 && parts[0].components(separatedBy: "\u{1B}[H").count == 3)
      let left = try #require(parts.last)
      #expect(left.contains("every 2.0 s") && left.contains("boom"))
      // What a look says stands below it, not in its way.
      #expect(left.hasSuffix("more: --cursor next=\n"))
    }
  }

  @Test func controlCEndsAWatchWith130() async throws {
    try await ScriptedGateway.run { gateway in
      for isTerminal in [false, true] {
        let (interruptions, interrupt) = AsyncStream<Void>.makeStream()
        async let watch = CommandRun.of(
          ["pools", "list", "--watch", "--url", gateway.url], isTerminal: isTerminal,
          interruptions: interruptions)
        while try await gateway.requests().isEmpty { await Task.yield() }
        interrupt.yield()
        #expect(await watch.code == 130)
      }
    }
  }

  @Test func whatGoesWithAWatchNeedsOne() async {
    for arguments in [["--count", "2"], ["--interval", "2"], ["--watch", "--interval", "0"]] {
      #expect(await CommandRun.of(["jobs", "list"] + arguments).code == 64)
    }
  }
}
