import Foundation
import Jobs
import Testing

@Suite struct FilesWriteTests {
  @Test func aFileIsWrittenForItsUserAloneAndDirectoriesAreMade() async throws {
    let bench = try SkillBench()
    let result = try await bench.run("files.write", ["path": "a/b/c.txt", "content": "héllo"])
    #expect(result == ["path": "a/b/c.txt", "bytes": 6])
    #expect(try bench.content("a/b/c.txt") == "héllo")
    for (path, mode) in ["/a/b/c.txt": 0o600, "/a/b": 0o700, "/a": 0o700, "": 0o700] {
      let attributes = try FileManager.default.attributesOfItem(atPath: bench.workspace + path)
      #expect(attributes[.posixPermissions] as? Int == mode, "\(path)")
    }
  }

  @Test func theSameCallAgainLeavesTheSameFile() async throws {
    let bench = try SkillBench()
    for overwrite in [true, false, false] {
      let result = try await bench.run(
        "files.write", ["path": "a.txt", "content": "same", "overwrite": .bool(overwrite)])
      #expect(result["bytes"] == 4)
    }
    let names = try FileManager.default.contentsOfDirectory(atPath: bench.workspace)
    #expect(names == ["a.txt"], "no file of its own is left behind")
  }

  @Test func anotherContentIsReplacedOnlyWhenThatIsAllowed() async throws {
    let bench = try SkillBench()
    _ = try await bench.run("files.write", ["path": "a.txt", "content": "old"])
    let failure = try await bench.failure(
      "files.write", ["path": "a.txt", "content": "new", "overwrite": false])
    #expect(failure == "bad_input file_exists")
    #expect(try bench.content("a.txt") == "old")
    _ = try await bench.run("files.write", ["path": "a.txt", "content": "new"])
    #expect(try bench.content("a.txt") == "new")
  }

  @Test func moreThanAMebibyteIsNotWritten() async throws {
    let bench = try SkillBench()
    let text = String(repeating: "é", count: 1 << 19)
    _ = try await bench.run("files.write", ["path": "fits.txt", "content": .string(text)])
    let failure = try await bench.failure(
      "files.write", ["path": "large.txt", "content": .string(text + "x")])
    #expect(failure == "bad_input file_too_large")
    #expect(
      try await bench.failure("files.read", ["path": "large.txt"]) == "bad_input file_not_found")
  }

  @Test func base64WritesAnyBytes() async throws {
    let bench = try SkillBench()
    _ = try await bench.run(
      "files.write", ["path": "a.bin", "content": "//4A", "encoding": "base64"])
    let data = try Data(contentsOf: URL(filePath: bench.workspace + "/a.bin"))
    #expect([UInt8](data) == [0xff, 0xfe, 0x00])
    let failure = try await bench.failure(
      "files.write", ["path": "b.bin", "content": "?", "encoding": "base64"])
    #expect(failure == "bad_input invalid_base64")
  }

  @Test func aDirectoryOrAFileOnTheWayIsInTheWay() async throws {
    let bench = try SkillBench()
    try bench.put("a".utf8, "d/a.txt")
    #expect(
      try await bench.failure("files.write", ["path": "d", "content": ""])
        == "bad_input is_a_directory")
    #expect(
      try await bench.failure("files.write", ["path": "d/a.txt/b", "content": ""])
        == "bad_input not_a_directory")
  }

  @Test func writersAtTheSameTimeLeaveOneOfTheirFilesWhole() async throws {
    let bench = try SkillBench()
    try await bench.makeWorkspace()
    let contents = (0..<8).map { String(repeating: "\($0)", count: 100_000) }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for content in contents {
        group.addTask {
          _ = try await bench.run(
            "files.write", ["path": "d/e/a.txt", "content": .string(content)])
        }
      }
      try await group.waitForAll()
    }
    #expect(contents.contains(try bench.content("d/e/a.txt")))
  }
}
