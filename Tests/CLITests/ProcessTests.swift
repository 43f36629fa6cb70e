import Foundation
import TestSupport
import Testing

@testable import openclaw

/// The built program itself, for what only a process has: its signals and its real exit codes.
struct ProcessTests {
  private func start(
    _ arguments: [String], environment: [String], output: Int32? = nil, error: Int32? = nil
  ) -> pid_t? {
    let folder = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    let program = folder.appendingPathComponent("openclaw").path
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for descriptor in Int32(0)...2 {
      posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
    }
    if let output { posix_spawn_file_actions_adddup2(&actions, output, 1) }
    if let error { posix_spawn_file_actions_adddup2(&actions, error, 2) }
    let words: [String] = [program] + arguments
    var argv = words.map { strdup($0) }
    var variables = environment.map { strdup($0) }
    defer { for text in argv + variables { free(text) } }
    argv.append(nil)
    variables.append(nil)
    var process: pid_t = 0
    return posix_spawn(&process, program, &actions, nil, argv, variables) == 0 ? process : nil
  }

  /// A pipe that no process inherits by chance.
  private func ends() throws -> (reader: Int32, writer: Int32) {
    var ends: [Int32] = [-1, -1]
    let result = pipe(&ends)
    try #require(result == 0)
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
  }

  private func code(_ arguments: [String]) async throws -> Int32 {
    let process = try #require(start(arguments, environment: ["OPENCLAW_TOKEN=good"]))
    return await ToolRun.end(of: process)
  }

  @Test func usageAndAnAbsentGatewayHaveTheirCodes() async throws {
    #expect(try await code(["--help"]) == 0)
    #expect(try await code(["--version"]) == 0)
    #expect(try await code(["jobs", "list", "--limit", "0"]) == 64)
    #expect(try await code(["jobs", "nothing"]) == 64)
    #expect(try await code(["jobs", "list", "--url", "http://127.0.0.1:1"]) == 69)
  }

  @Test func aReaderThatHasGoneEndsACommandQuietlyAndAFullDiskDoesNot() async throws {
    let (reader, writer) = try ends()
    close(reader)
    let full = open("/dev/full", O_WRONLY)
    let path = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    let said = open(path, O_RDWR | O_CREAT, 0o600)
    defer {
      for descriptor in [writer, full, said] { close(descriptor) }
      unlink(path)
    }
    let text = { try String(contentsOfFile: path, encoding: .utf8) }
    for arguments in [["jobs", "--help"], ["completion", "bash"]] {
      let unread = try #require(
        start(arguments, environment: [], output: writer, error: said))
      #expect(await ToolRun.end(of: unread) == 141)
      #expect(try text().isEmpty)
    }
    let written = try #require(
      start(["completion", "bash"], environment: [], output: full, error: said))
    #expect(await ToolRun.end(of: written) == 1)
    #expect(try text() == "error: the output cannot be written: No space left on device\n")
  }

  @Test func aLineThatNobodyReadsIsLostAndDoesNoHarm() throws {
    signal(SIGPIPE, SIG_IGN)
    let (reader, writer) = try ends()
    close(reader)
    let stream = StandardStream(descriptor: writer)
    stream.tell("anybody there?")
    let error = #expect(throws: OutputError.self) { try stream.write([0x61]) }
    #expect(error?.isClosed == true)
    close(writer)
  }

  @Test func aStreamThatDoesNotBlockIsWaitedFor() async throws {
    let (reader, writer) = try ends()
    _ = fcntl(writer, F_SETFL, O_NONBLOCK)
    let count: Int = try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread {
        continuation.resume(with: Result { try readAll(from: reader, limit: 1 << 20).count })
      }
      // The reader takes what is written here, more than a pipe holds.
      let bytes = [UInt8](repeating: 0x61, count: 1 << 20)
      #expect(throws: Never.self) { try StandardStream(descriptor: writer).write(bytes) }
      close(writer)
    }
    #expect(count == 1 << 20)
    close(reader)
  }

  @Test func controlCExits130() async throws {
    try await ScriptedGateway.run { gateway in
      let arguments = ["jobs", "watch", ScriptedGateway.hanging, "--url", gateway.url]
      let process = try #require(start(arguments, environment: ["OPENCLAW_TOKEN=good"]))
      try await gateway.waitForHanging()
      kill(process, SIGINT)
      #expect(await ToolRun.end(of: process) == 130)
    }
  }
}
