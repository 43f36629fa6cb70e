import Foundation

extension LocalStack {
  /// Runs a command beside a stack of its own that lives only as long as it, as `make test` does.
  ///
  /// The command inherits stdout, stderr, the working directory and the environment, to which this
  /// adds `OPENCLAW_TEST_DATABASE_URL`, `OPENCLAW_TEST_AMQP_URL`, `OPENCLAW_TEST_DATA_ROOT`,
  /// `OPENCLAW_TOOLS` and `OPENCLAW_GUARD`. SIGINT, SIGTERM and SIGHUP, and cancellation, stop the
  /// command and everything else in order; after a SIGKILL the guards do.
  ///
  /// - Parameters:
  ///   - command: a program, looked up in PATH, and its arguments; not empty.
  ///   - paths: where the programs lie; its data root is not used.
  ///   - progress: called with a line now and then, on any thread.
  /// - Returns: the command's exit status, or 128 + the signal that came.
  /// - Throws: `LocalServiceError`; `CancellationError`.
  public static func run(
    command: [String], paths: LocalPaths,
    progress: @escaping @Sendable (String) -> Void = { _ in }
  ) async throws -> ProcessExit {
    let signals = SignalStream([SIGINT, SIGTERM, SIGHUP])
    defer { signals.cancel() }
    let numbers = signals.values
    return try await withThrowingTaskGroup(of: ProcessExit?.self) { group in
      group.addTask { try await runBesideStack(command, paths: paths, progress: progress) }
      group.addTask {
        for await signal in numbers { return ProcessExit(code: 128 + signal) }
        return nil
      }
      defer { group.cancelAll() }
      while let ended = try await group.next() {
        guard let ended else { continue }
        group.cancelAll()
        // After a signal the first task still stops its processes; how it ended no longer matters.
        while (try? await group.next()) != nil {}
        return ended
      }
      throw CancellationError()
    }
  }

  private static func runBesideStack(
    _ command: [String], paths: LocalPaths, progress: @escaping @Sendable (String) -> Void
  ) async throws -> ProcessExit {
    try await withThrowaway(paths: paths, progress: progress) { try await $0.runToEnd(command) }
  }

  private func runToEnd(_ command: [String]) async throws -> ProcessExit {
    var child = ProcessCommand(
      name: command.first ?? "", executable: command.first ?? "",
      arguments: Array(command.dropFirst()), environment: ProcessInfo.processInfo.environment)
    child.environment.merge([
      "OPENCLAW_TEST_DATABASE_URL": try databaseURL(), "OPENCLAW_TEST_AMQP_URL": try amqpURL(),
      "OPENCLAW_TEST_DATA_ROOT": root.url.path, "OPENCLAW_TOOLS": paths.tools.path,
      "OPENCLAW_GUARD": paths.guardPath,
    ]) { $1 }
    child.workingDirectory = FileManager.default.currentDirectoryPath
    let process = try await ManagedProcess.launch(child, guardPath: paths.guardPath)
    return await withTaskCancellationHandler {
      await process.exitStatus
    } onCancel: {
      process.requestStop()
    }
  }
}
