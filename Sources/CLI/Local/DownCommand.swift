import ArgumentParser
import Foundation
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
      console.say("nothing runs in \(paths.dataRoot.path)")
      return .ok
    }
    guard kill(record.pid, SIGTERM) == 0 else {
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
    console.say("stopped")
    return .ok
  }
}
