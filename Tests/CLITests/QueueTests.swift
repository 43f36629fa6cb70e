import Foundation
import Jobs
import Testing

@testable import openclaw

struct QueueTests {
  private func run(_ gateway: ScriptedGateway, _ arguments: String...) async -> CommandRun {
    await CommandRun.of(arguments + ["--url", gateway.url])
  }

  private func lane(
    _ pool: String, _ priority: String, ready: Int64, age: Double? = nil
  ) throws -> LaneView {
    try LaneView([
      "lane": .string("\(pool).\(priority)"), "pool": .string(pool),
      "priority": .string(priority), "ready": .integer(ready), "running": 2,
      "oldest_age_seconds": age.map { .number($0) } ?? .null, "rate_in": .number(0.5),
      "rate_out": .number(0.25), "consumers": 1, "held": ["budget": 2],
    ])
  }

  @Test func aPoolIsTheSumOfItsLanes() throws {
    let pools = LaneView.pools([
      try lane("b", "urgent", ready: 1, age: 2), try lane("b", "low", ready: 4, age: 61),
      try lane("a", "low", ready: 0),
    ])
    #expect(pools.map(\.name) == ["b", "a"])
    #expect(pools[0].ready == 5 && pools[0].running == 4 && pools[0].held == 4)
    #expect(pools[0].oldestAge == 61 && pools[0].rateIn == 1 && pools[0].consumers == 1)
    #expect(pools[1].oldestAge == nil)
  }

  @Test func aNarrowTerminalGetsFewerColumns() throws {
    var board = QueueBoard(showsLanes: false)
    for ready: Int64 in [0, 4, 8] {
      board.take([try lane("agent.main", "low", ready: ready, age: 75)], [])
    }
    let text = { (width: Int?, showsCourse: Bool) in
      board.lines(width: width, showsCourse: showsCourse)
        .map { $0.text(width: .max, isColored: false) }
    }
    #expect(
      text(nil, false) == [
        "POOL        READY  RUN      OLDEST  IN/s  OUT/s  WORKERS  LATER  DEAD  HELD",
        "agent.main      8    2  1 min 15 s   0.5    0.3        1      0     0     2",
      ])
    #expect(text(24, false) == ["POOL        READY  RUN", "agent.main      8    2"])
    #expect(text(40, true)[1] == "agent.main      8    2  ·▄█")
    for width in [20, 40, 80, 200] {
      for line in board.lines(width: width, showsCourse: true) {
        #expect(line.displayWidth <= width)
      }
    }
  }

  @Test func listsShowPoolsAndLanes() async throws {
    try await ScriptedGateway.run { gateway in
      let pools = await run(gateway, "queues", "list")
      #expect(pools.code == 0 && pools.output.split(separator: "\n").count == 3)
      let lanes = await run(gateway, "queues", "list", "--lanes", "--pool", "agent.main")
      #expect(lanes.output.contains("agent.main.urgent") && !lanes.output.contains("skill"))
      let document = try await run(gateway, "queues", "list", "-o", "json").json
      #expect(document["items"]?.elements?.count == 8 && document["pools"] != nil)
      let lines = await run(gateway, "queues", "list", "-o", "jsonl").output
      #expect(lines.split(separator: "\n").count == 8)
    }
  }

  @Test func aLaneIsFoundByEitherName() async throws {
    try await ScriptedGateway.run { gateway in
      for name in ["agent.main.low", "openclaw.agent.main.low"] {
        let shown = await run(gateway, "queues", "show", name)
        #expect(shown.code == 0 && shown.output.hasPrefix("lane         agent.main.low\n"))
      }
      let none = await run(gateway, "queues", "show", "agent.none.low", "-o", "json")
      #expect(none.code == 3)
      let error = try none.json["error"]
      #expect(error?["type"] == "queue_not_found")
    }
  }

  @Test func whatIsAmissIsSaidOnlyWhenSomethingIs() {
    #expect(ReconcilerView(nil).notes.isEmpty)
    let well: JSONValue = ["orphans": 0, "surplus": 9_999, "rung": 50, "orphan_jobs": []]
    #expect(ReconcilerView(well).notes.isEmpty)
    #expect(ReconcilerView(["orphans": .null, "surplus": .null]).notes.isEmpty)
    let bad: JSONValue = ["orphans": 2, "surplus": 10_000, "orphan_jobs": ["a", "b"]]
    #expect(
      ReconcilerView(bad).notes == [
        "2 jobs are not over and will never run on: a, b",
        "the broker holds 10000 tickets more than there are ready steps",
      ])
    #expect(
      ReconcilerView(["orphans": 1]).notes == ["1 job is not over and will never run on"])
  }

  @Test func aListTellsOfOrphansOnStandardError() async throws {
    try await ScriptedGateway.run { gateway in
      let list = await run(gateway, "queues", "list", "--pool", "agent.lost")
      #expect(list.code == 0 && list.error.contains("1 job is not over"))
      #expect(list.error.contains("0199c0de-0000-7000-8000-000000000002"))
      #expect(await run(gateway, "queues", "list").error.isEmpty)
      let lane = await run(gateway, "queues", "show", "agent.main.low")
      #expect(lane.output.contains("rung anew    3\nsurplus      1\n"))
    }
  }

  @Test func watchingOnAPipeGivesABlockOrALineEachTime() async throws {
    try await ScriptedGateway.run { gateway in
      let blocks = await run(gateway, "queues", "watch", "--count", "3", "--interval", "2")
      #expect(blocks.code == 0 && blocks.pauses == [.seconds(2), .seconds(2)])
      #expect(blocks.output.components(separatedBy: "POOL").count == 4)
      #expect(!blocks.output.contains("\u{1B}"))
      let lines = await run(gateway, "queues", "watch", "--count", "2", "-o", "jsonl")
      #expect(lines.output.split(separator: "\n").count == 2)
    }
  }

  @Test func aWorkerIsDrainedByABeginningOfItsId() async throws {
    try await ScriptedGateway.run { gateway in
      let list = await run(gateway, "workers", "list", "--state", "running", "--pool", "a")
      #expect(list.code == 0 && list.output.contains("agent:main"))
      let path = try await gateway.requests().last?["path"]
      #expect(path == "/api/v1/workers?pool=a&state=running")
      let drained = await run(gateway, "workers", "drain", "0199C0DE")
      #expect(drained.code == 0 && drained.output.contains("draining"))
      let unknown = await run(gateway, "workers", "drain", "ff")
      #expect(unknown.code == 3 && unknown.error.contains("begins with ff"))
      #expect(await run(gateway, "workers", "list", "--state", "asleep").code == 64)
    }
  }

  @Test func scalingFollowsUntilTheWorkersAreThere() async throws {
    try await ScriptedGateway.run { gateway in
      let run = await run(gateway, "pools", "scale", "agent.main", "3")
      #expect(run.code == 0 && run.error.isEmpty && run.pauses.count == 1)
      #expect(run.output.contains("agent.main  3        3"))
      let put = try #require(try await gateway.requests().first)
      #expect(put["method"] == "PUT" && put["body"] == #"{"workers":3}"#)
    }
  }

  @Test func aPoolThatNothingManagesIsExplained() async throws {
    try await ScriptedGateway.run { gateway in
      let refused = await run(gateway, "pools", "scale", "skill.files", "3")
      #expect(refused.code == 6 && refused.error.contains("openclaw-worker --pool skill.files"))
      #expect(await run(gateway, "pools", "scale", "skill.none", "3").code == 3)
      #expect(await run(gateway, "pools", "scale", "agent.main", "257").code == 64)
      let pools = await run(gateway, "pools", "list", "-o", "yaml")
      #expect(pools.code == 0 && pools.output.contains("managed: false"))
    }
  }
}
