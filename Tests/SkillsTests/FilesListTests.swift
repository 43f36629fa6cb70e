import Foundation
import Glibc
import Jobs
import Testing

@Suite struct FilesListTests {
  @Test func anEmptyWorkspaceIsMadeAtTheFirstCall() async throws {
    let bench = try SkillBench()
    let result = try await bench.run("files.list")
    #expect(result == ["path": ".", "entries": [], "truncated": false])
    #expect(FileManager.default.fileExists(atPath: bench.workspace))
  }

  @Test func entriesAreSortedWithTheirKindAndSize() async throws {
    let bench = try SkillBench()
    try bench.put("abc".utf8, "b.txt")
    try bench.put([], "a/x")
    try bench.put([], ".hidden")
    try bench.put([], ".openclaw-write-rest")
    _ = symlink("/etc/passwd", bench.workspace + "/link")
    _ = mkfifo(bench.workspace + "/pipe", 0o600)
    let result = try await bench.run("files.list")
    #expect(
      result["entries"] == [
        ["name": ".hidden", "type": "file", "bytes": 0], ["name": "a", "type": "directory"],
        ["name": "b.txt", "type": "file", "bytes": 3], ["name": "link", "type": "link"],
        ["name": "pipe", "type": "other"],
      ])
    #expect(try await bench.run("files.list", ["path": "a/"])["path"] == "a")
  }

  @Test func aNameThatIsNoTextIsShownAndHarmless() async throws {
    let bench = try SkillBench()
    try await bench.makeWorkspace()
    let path = Array(bench.workspace.utf8CString.dropLast()) + [47, -1, 65, 0]
    _ = creat(path, 0o600)
    let result = try await bench.run("files.list")
    #expect(result["entries"] == [["name": "\u{FFFD}A", "type": "other"]])
  }

  @Test func aNameThatIsTooLongOnceItIsRepairedIsShownAsWell() async throws {
    let bench = try SkillBench()
    try bench.put([], "a")
    let folder = Array(bench.workspace.utf8CString.dropLast()) + [47]
    #expect(creat(folder + [CChar](repeating: -1, count: 255) + [0], 0o600) >= 0)
    let result = try await bench.run("files.list")
    let long = String(repeating: "\u{FFFD}", count: 255)
    #expect(
      result["entries"] == [
        ["name": "a", "type": "file", "bytes": 0], ["name": .string(long), "type": "other"],
      ])
  }

  @Test func moreThanAThousandEntriesAreCut() async throws {
    let bench = try SkillBench()
    try await bench.makeWorkspace()
    for index in 1000..<2001 { _ = creat("\(bench.workspace)/\(index)", 0o600) }
    let result = try await bench.run("files.list")
    #expect(result["entries"]?.elements?.count == 1000)
    #expect(result["entries"]?.elements?.last?["name"] == "1999")
    #expect(result["truncated"] == true)
    _ = unlink("\(bench.workspace)/2000")
    #expect(try await bench.run("files.list")["truncated"] == false)
  }

  @Test func whatIsNoDirectoryIsSaidSo() async throws {
    let bench = try SkillBench()
    try bench.put([], "a.txt")
    #expect(
      try await bench.failure("files.list", ["path": "a.txt"]) == "bad_input not_a_directory")
    #expect(try await bench.failure("files.list", ["path": "none"]) == "bad_input file_not_found")
  }
}
