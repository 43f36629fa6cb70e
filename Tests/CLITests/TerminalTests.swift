import Foundation
import TestSupport
import Testing

/// Runs the scripts of `Terminal` against the built program, each on terminals of its own.
struct TerminalTests {
  @Test(
    .enabled(if: TestTools.python != nil, "no python with pexpect: run scripts/setup.sh --test"))
  func terminalsAreTreatedWell() async throws {
    let script = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "Terminal/test_terminal.py").path
    let program = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
      .appending(path: "openclaw").path
    let run = try await ToolRun.run(
      try #require(TestTools.python), [script],
      environment: ["OPENCLAW_BINARY": program, "PYTHONDONTWRITEBYTECODE": "1"])
    #expect(run.status == 0, "\(run.output.suffix(4_000))")
  }
}
