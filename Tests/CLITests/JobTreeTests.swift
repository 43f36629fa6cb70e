import Jobs
import Testing

@testable import openclaw

struct JobTreeTests {
  private func id(_ number: Int) throws -> JobID {
    try #require(JobID("0199c0de-0000-7000-8000-00000000000\(number)"))
  }

  private func job(_ number: Int, below parent: Int?) throws -> JobView {
    try JobView([
      "id": .string("\(id(number))"), "state": "running", "target": "agent:main",
      "parent_id": try parent.map { .string("\(try id($0))") } ?? .null,
    ])
  }

  private func drawn(_ tree: JobTree) -> [String] {
    tree.rows.map { $0.branch + String("\($0.job.id)".suffix(1)) }
  }

  @Test func jobsStandBelowThoseThatDelegatedThem() throws {
    let tree = JobTree([
      try job(1, below: nil), try job(2, below: 1), try job(3, below: 1), try job(4, below: 2),
      try job(5, below: 3), try job(6, below: 2),
    ])
    #expect(drawn(tree) == ["1", "├─ 2", "│  ├─ 4", "│  └─ 6", "└─ 3", "   └─ 5"])
  }

  @Test func aJobWhoseParentIsNotThereIsARoot() throws {
    let tree = JobTree([try job(5, below: 9), try job(6, below: 5), try job(7, below: nil)])
    #expect(drawn(tree) == ["5", "└─ 6", "7"])
    #expect(JobTree([]).rows.isEmpty)
  }

  @Test func columnsAlignAndTheJobThatWasAskedForStandsOut() throws {
    let tree = JobTree([try job(1, below: nil), try job(2, below: 1)])
    let lines = tree.lines(marking: try id(2))
    #expect(
      lines.map { $0.text(width: .max, isColored: false) } == [
        "0199c0de-0000-7000-8000-000000000001     running  agent:main",
        "└─ 0199c0de-0000-7000-8000-000000000002  running  agent:main",
      ])
    #expect(lines[1].text(width: .max, isColored: true).contains("\u{1B}[1m0199c0de"))
  }
}
