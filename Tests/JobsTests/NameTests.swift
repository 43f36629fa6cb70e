import Jobs
import Testing

/// Names that users choose, and what stands for a batch's figures.
struct NameTests {
  @Test func aNameIsNoSegmentThatMeansSomethingElseInAPath() {
    for name in [".", "..", "", "a b", "a/b", String(repeating: "a", count: 129)] {
      #expect(SessionName(name) == nil && SignalName(name) == nil)
    }
    for name in ["...", ".a", "a", "A-z_0:9.", String(repeating: "a", count: 128)] {
      #expect(SessionName(name)?.description == name && SignalName(name)?.description == name)
    }
    // Rows of before.
    #expect(SessionName(stored: "..")?.description == "..")
  }

  @Test func onlyTheNamesOfFiguresAreReplaced() {
    var counts = BatchCounts()
    counts.total = 12
    counts.failed = 3
    let batch = BatchID()
    let input: JSONValue = [
      "a": "${batch.failed}/${batch.total} $ ${batch.x} ${batch.failed", "b": [1, "é${batch.id}é"],
      "${batch.id}": .null,
    ]
    #expect(
      input.filled(in: counts, of: batch) == [
        "a": "3/12 $ ${batch.x} ${batch.failed", "b": [1, .string("é\(batch)é")],
        "${batch.id}": .null,
      ])
  }
}
