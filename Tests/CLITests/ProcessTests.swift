import Foundation
import TestSupport
import Testing

/// The built program itself, for what only a process has: its signals and its real exit codes.
struct ProcessTests {
  private func start(_ arguments: [String], environment: [String]) -> pid_t? {
    let folder = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    let program = folder.appendingPathComponent("openclaw").path
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for descriptor in Int32(0)...2 {
      posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
    }
    let words: [String] = [program] + arguments
    var argv = words.map { strdup($0) }
    var variables = environment.map { strdup($0) }
    defer { for text in argv + variables { free(text) } }
    argv.append(nil)
    variables.append(nil)
    var process: pid_t = 0
    return posix_spawn(&process, program, &actions, nil, argv, variables) == 0 ? process : nil
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
