import Foundation
import Glibc
import Jobs
import Testing

@testable import Skills

@Suite struct ConfinementTests {
  private func each(_ path: String, in bench: SkillBench) async throws -> [String] {
    let path = JSONValue.string(path)
    return [
      try await bench.failure("files.read", ["path": path]),
      try await bench.failure("files.write", ["path": path, "content": "x"]),
      try await bench.failure("files.list", ["path": path]),
    ]
  }

  @Test(arguments: [
    "/etc/passwd", "/", "..", "../x", "a/../../x", "a/..", "a/../b", "./../x", "a\0b",
    "//etc/passwd",
  ])
  func pathsThatLeadOutAreRefused(path: String) async throws {
    let failures = try await each(path, in: try SkillBench())
    #expect(failures.allSatisfy { $0 == "refused path_outside_workspace" }, "\(failures)")
  }

  @Test(arguments: [
    "", String(repeating: "a/", count: 2049), String(repeating: "a", count: 256), ".openclaw-x",
    "a/.openclaw-write-1/b",
  ])
  func pathsOfTheWrongFormAreBadInput(path: String) async throws {
    let failures = try await each(path, in: try SkillBench())
    #expect(failures.allSatisfy { $0 == "bad_input invalid_path" }, "\(failures)")
  }

  @Test func namesThatOnlyLookLikeTricksAreNames() async throws {
    let bench = try SkillBench()
    for name in ["...", "..a", "~", "%2e%2e%2fetc", "a\\..\\b", "．．", "-rf", "$HOME"] {
      _ = try await bench.run("files.write", ["path": .string(name), "content": "x"])
      #expect(try await bench.run("files.read", ["path": .string(name)])["content"] == "x")
    }
  }

  @Test func linksAreNeverFollowed() async throws {
    let bench = try SkillBench()
    let secret = bench.root + "/secret"
    try FileManager.default.createDirectory(atPath: secret, withIntermediateDirectories: false)
    try Data("secret".utf8).write(to: URL(filePath: secret + "/a.txt"))
    try bench.put("inside".utf8, "real/a.txt")
    for (target, link) in [
      (secret, "dir"), (secret + "/a.txt", "a.txt"), ("real", "inside"),
      ("/proc/self/root", "proc"),
    ] { #expect(symlink(target, "\(bench.workspace)/\(link)") == 0) }
    for path in ["a.txt", "dir/a.txt", "inside/a.txt", "proc/etc/passwd"] {
      let failures = try await each(path, in: bench).prefix(2)
      #expect(failures.allSatisfy { $0 == "refused path_outside_workspace" }, "\(failures)")
    }
    #expect(try String(contentsOfFile: secret + "/a.txt", encoding: .utf8) == "secret")
    #expect(
      try await bench.failure("files.list", ["path": "dir"]) == "refused path_outside_workspace")
  }

  @Test func pipesSocketsAndHardLinksAreRefused() async throws {
    let bench = try SkillBench()
    try await bench.makeWorkspace()
    #expect(mkfifo(bench.workspace + "/pipe", 0o600) == 0)
    try Data("secret".utf8).write(to: URL(filePath: bench.root + "/secret"))
    #expect(link(bench.root + "/secret", bench.workspace + "/hard") == 0)
    // A pipe without a writer would block a reader for ever.
    #expect(
      try await bench.failure("files.read", ["path": "pipe"]) == "refused not_a_regular_file")
    #expect(
      try await bench.failure("files.write", ["path": "pipe", "content": ""])
        == "refused not_a_regular_file")
    #expect(
      try await bench.failure("files.read", ["path": "hard"]) == "refused file_has_other_names")
    _ = try await bench.run("files.write", ["path": "hard", "content": "mine"])
    #expect(try String(contentsOfFile: bench.root + "/secret", encoding: .utf8) == "secret")
  }

  @Test func usersDoNotSeeEachOther() async throws {
    let bench = try SkillBench()
    _ = try await bench.run("files.write", ["path": "a.txt", "content": "mine"])
    let call = SkillCall(
      user: UserID(), job: JobID(), step: StepID(), attempt: 1, arguments: ["path": "a.txt"])
    let skill = FilesRead(workspaces: Workspaces(dataRoot: bench.root))
    let failure = await #expect(throws: StepFailure.self) { try await skill.run(call) }
    #expect(failure?.code == "file_not_found")
  }

  @Test func aKernelWithoutOpenat2IsRefusedAndNotTrusted() async throws {
    let bench = try SkillBench()
    let calls = ConfinedCalls(
      open: { _, _, _, _ in -ENOSYS }, renameWithoutReplacing: { _, _, _ in 0 })
    let skill = FilesRead(workspaces: Workspaces(dataRoot: bench.root, calls: calls))
    let failure = await #expect(throws: StepFailure.self) {
      try await skill.run(bench.call(["path": "a.txt"]))
    }
    #expect(failure?.class == .refused)
    #expect(failure?.code == "sandbox_unavailable")
  }

  @Test func aFullDiskIsWorthARetry() {
    for code in [ENOSPC, EDQUOT, EIO, EMFILE] {
      #expect(SystemCallError(code: code).failure(path: "a").isRetryable)
    }
    #expect(!SystemCallError(code: EACCES).failure(path: "a").isRetryable)
  }

  @Test func aMissingDataRootIsAnInternalErrorWithoutItsPath() async throws {
    let skill = FilesList(workspaces: Workspaces(dataRoot: "/nonexistent-root"))
    let call = SkillCall(user: UserID(), job: JobID(), step: StepID(), attempt: 1, arguments: [:])
    let failure = await #expect(throws: StepFailure.self) { try await skill.run(call) }
    #expect(failure?.code == "workspace_unavailable")
    #expect(failure?.message.contains("nonexistent") == false)
  }
}
