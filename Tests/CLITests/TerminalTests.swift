import Foundation
import Testing

/// Runs the scripts of `Terminal` against the built program, each on terminals of its own.
struct TerminalTests {
  /// The Python that has pexpect: `make test` provides it.
  private static let python: String? = {
    let environment = ProcessInfo.processInfo.environment
    let folders = [
      environment["OPENCLAW_TOOLS"], "/var/lib/openclaw-tools", checkout + "/.openclaw-tools",
    ]
    return folders.compactMap { $0.map { "\($0)/python/bin/python3" } }
      .first { access($0, X_OK) == 0 }
  }()

  private static let checkout = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path

  @Test(.enabled(if: python != nil, "no python with pexpect: run scripts/setup.sh --test"))
  func terminalsAreTreatedWell() async throws {
    let python = try #require(Self.python)
    let script = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "Terminal/test_terminal.py").path
    let log = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).log")
    defer {
      // A log that stays behind is no failure of what is tested.
      try? FileManager.default.removeItem(at: log)  // as said above
    }
    let process = try #require(start([python, script], log: log.path))
    let code = await Self.end(of: process)
    let text = try String(contentsOf: log, encoding: .utf8)
    #expect(code == 0, "\(text.suffix(4_000))")
  }

  private func start(_ words: [String], log: String) -> pid_t? {
    let program = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
      .appending(path: "openclaw").path
    var environment = ProcessInfo.processInfo.environment
    environment["OPENCLAW_BINARY"] = program
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    var argv = words.map { strdup($0) }
    var variables = environment.map { strdup("\($0.key)=\($0.value)") }
    defer { for text in argv + variables { free(text) } }
    argv.append(nil)
    variables.append(nil)
    var process: pid_t = 0
    return posix_spawn(&process, words[0], &actions, nil, argv, variables) == 0 ? process : nil
  }

  /// Waits on a thread of its own; -1 when a signal ended the process.
  private static func end(of process: pid_t) async -> Int32 {
    await withCheckedContinuation { continuation in
      Thread.detachNewThread {
        var status: Int32 = 0
        waitpid(process, &status, 0)
        continuation.resume(returning: status & 0x7F == 0 ? (status >> 8) & 0xFF : -1)
      }
    }
  }
}
