import ArgumentParser
import Foundation
import Jobs
import LocalServices

/// `openclaw down`: ends what `openclaw up` runs.
struct DownCommand: OpenClawCommand {
  static let configuration = CommandConfiguration(
    commandName: "down", abstract: "Stop what `openclaw up` runs on this machine.")

  @OptionGroup(title: "Output") var output: OutputOptions

  func perform(on console: Console) async throws -> ExitStatus {
    let paths = try LocalPaths.resolve()
    let root = DataRoot(existing: paths.dataRoot)
    guard let record = RunRecord.read(from: root) else {
      try console.show(["pid": .null, "stopped": false]) {
        "nothing runs in \(paths.dataRoot.path)"
      }
      return .ok
    }
    guard kill(record.pid, SIGTERM) == 0 || errno == ESRCH else {
      throw CommandError(
        .failed, type: "not_permitted", "process \(record.pid) cannot be stopped by this user")
    }
    console.remark("stopping …")
    let deadline = ContinuousClock.now + .seconds(60)
    while RunRecord.isUp(record.pid) {
      guard ContinuousClock.now < deadline else {
        throw CommandError(
          .waitTimedOut, type: "timeout", "process \(record.pid) did not stop within a minute")
      }
      try await Task.sleep(for: .milliseconds(100))
    }
    try console.show(["pid": .integer(Int64(record.pid)), "stopped": true]) { "stopped" }
    return .ok
  }
}
