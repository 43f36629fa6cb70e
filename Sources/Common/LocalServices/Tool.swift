import Foundation

/// Runs a command to its end and keeps what it printed.
enum Tool {
  /// Runs it under a guard within `limit`.
  ///
  /// - Parameter scratch: folder for the output's temporary file.
  /// - Returns: stdout and stderr together.
  /// - Throws: `LocalServiceError` with `exited` and the last lines of the output when the status is
  ///   not 0, `timeout`, and those of `ManagedProcess.launch`; `CancellationError`.
  @discardableResult
  static func run(
    _ command: ProcessCommand, guardPath: String, scratch: URL,
    within limit: Duration = .seconds(60)
  ) async throws -> String {
    var command = command
    let output = scratch.appending(path: "\(command.name)-\(UUID().uuidString).out")
    command.logFile = output.path
    defer { unlink(output.path) }
    let process = try await ManagedProcess.launch(command, guardPath: guardPath)
    let status = try await finish(process, within: limit)
    guard let status else {
      throw LocalServiceError(
        .timeout, "\(command.name) took longer than \(limit)", logTail: LogTail.lines(of: output))
    }
    guard status.isSuccess else {
      throw LocalServiceError(
        .exited, "\(command.name) failed (\(status)):", logTail: LogTail.lines(of: output))
    }
    // Nothing printed and nothing readable are the same to the caller.
    return (try? String(contentsOf: output, encoding: .utf8)) ?? ""
  }

  /// The exit status, or nil when the time was over and the command was stopped.
  private static func finish(
    _ process: ManagedProcess, within limit: Duration
  ) async throws -> ProcessExit? {
    let expired = await withTaskGroup(of: Bool.self) { group in
      group.addTask {
        _ = await process.exitStatus
        return false
      }
      group.addTask {
        // Cancelled: by the end of the command, or from outside, which ends the command too.
        try? await Task.sleep(for: limit)
        let running = process.exitStatusIfEnded == nil
        if running { await process.stop(grace: .seconds(1)) }
        return running
      }
      let first = await group.next() ?? false
      group.cancelAll()
      return first
    }
    try Task.checkCancellation()
    return expired ? nil : await process.exitStatus
  }
}
