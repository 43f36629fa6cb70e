import Foundation
import Jobs
import Testing

@Suite struct FilesReadTests {
  @Test func aTextFileIsReadWhole() async throws {
    let bench = try SkillBench()
    try bench.put("grüße\r\n".utf8, "docs/a.txt")
    let result = try await bench.run("files.read", ["path": "./docs//a.txt"])
    #expect(
      result == [
        "path": "docs/a.txt", "encoding": "utf-8", "content": "grüße\r\n", "offset": 0,
        "bytes": 9, "size": 9, "end": true,
      ])
  }

  @Test func partsJoinToTheWholeAndCutNoCharacter() async throws {
    let bench = try SkillBench()
    let text = String(repeating: "aé€😀", count: 50)
    try bench.put(text.utf8, "a.txt")
    var joined = ""
    var offset: Int64 = 0
    for _ in 0..<1000 {
      let part = try await bench.run(
        "files.read", ["path": "a.txt", "offset": .integer(offset), "length": 7])
      joined += part["content"]?.text ?? ""
      offset += part["bytes"]?.int ?? 0
      if part["end"] == true { break }
    }
    #expect(joined == text)
    #expect(offset == 500)
  }

  @Test func anOffsetPastTheEndGivesNothing() async throws {
    let bench = try SkillBench()
    try bench.put("abc".utf8, "a.txt")
    let result = try await bench.run(
      "files.read", ["path": "a.txt", "offset": .integer(9_007_199_254_740_991)])
    #expect(result["content"] == "")
    #expect(result["end"] == true)
  }

  @Test func aFileOfMoreThanAMebibyteIsReadInPartsOnly() async throws {
    let bench = try SkillBench()
    let limit = 1 << 20
    try bench.put([UInt8](repeating: 65, count: limit), "fits.txt")
    try bench.put([UInt8](repeating: 65, count: limit + 1), "large.txt")
    #expect(try await bench.run("files.read", ["path": "fits.txt"])["end"] == true)
    let failure = try await bench.failure("files.read", ["path": "large.txt"])
    #expect(failure == "bad_input file_too_large")
    let rest = try await bench.run(
      "files.read", ["path": "large.txt", "offset": .integer(Int64(limit))])
    #expect(rest["content"] == "A")
  }

  @Test func whatIsNoTextIsReadAsBase64() async throws {
    let bench = try SkillBench()
    try bench.put([0xff, 0xfe], "a.bin")
    try bench.put([65, 0, 66], "nul.txt")
    #expect(try await bench.failure("files.read", ["path": "a.bin"]) == "bad_input not_text")
    #expect(try await bench.failure("files.read", ["path": "nul.txt"]) == "bad_input not_text")
    let result = try await bench.run("files.read", ["path": "a.bin", "encoding": "base64"])
    #expect(result["content"] == "//4=")
  }

  @Test func missingFilesAndDirectoriesAreBadInput() async throws {
    let bench = try SkillBench()
    try bench.put("a".utf8, "d/a.txt")
    let cases = [
      "none.txt": "file_not_found", "d": "is_a_directory", "none/a.txt": "file_not_found",
      "d/a.txt/b": "not_a_directory",
    ]
    for (path, code) in cases {
      let failure = try await bench.failure("files.read", ["path": .string(path)])
      #expect(failure == "bad_input \(code)", "\(path)")
    }
  }
}
