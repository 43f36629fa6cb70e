import Foundation

/// A part of the installation that can be started, watched and stopped.
public protocol LocalService: Sendable {
  /// Short name for people, such as `postgres`.
  var name: String { get }

  /// Starts it and returns once it is ready. Does nothing where it is ready already.
  ///
  /// - Throws: `LocalServiceError`; nothing is left running then.
  func start() async throws

  /// Waits until it ends, by itself or through `stop`, and says how; returns at once when not running.
  func waitUntilEnded() async -> ProcessExit

  /// Ends it in order and returns once nothing of it is left. Does nothing when it is not running.
  func stop() async
}

/// Waits for a process to become ready.
enum Readiness {
  /// Calls `isReady` every 25 ms until it is true.
  ///
  /// - Throws: `LocalServiceError` with `exited` when the process ends first and `timeout` when the
  ///   time is over, both with the end of its log; `CancellationError`. The process is stopped then.
  static func wait(
    for process: ManagedProcess, within limit: Duration,
    isolation: isolated (any Actor)? = #isolation, isReady: () async -> Bool
  ) async throws {
    let name = process.command.name
    let deadline = ContinuousClock.now + limit
    do {
      while await !isReady() {
        if let status = process.exitStatusIfEnded {
          throw failure(.exited, "\(name) ended while starting (\(status))", of: process)
        }
        guard ContinuousClock.now < deadline else {
          throw failure(.timeout, "\(name) was not ready within \(limit)", of: process)
        }
        try await Task.sleep(for: .milliseconds(25))
      }
    } catch {
      await process.stop()
      throw error
    }
  }

  private static func failure(
    _ code: LocalServiceError.Code, _ text: String, of process: ManagedProcess
  ) -> LocalServiceError {
    guard let log = process.command.logFile else { return LocalServiceError(code, text) }
    let tail = LogTail.lines(of: URL(filePath: log), from: process.logStart)
    return LocalServiceError(code, "\(text); its log \(log) ends:", logTail: tail)
  }
}
