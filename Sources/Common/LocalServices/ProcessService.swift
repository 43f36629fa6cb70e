/// One process as a `LocalService`: the gateway or a worker below `openclaw up`.
public actor ProcessService: LocalService {
  /// The command's name.
  public nonisolated let name: String
  private let command: ProcessCommand
  private let guardPath: String
  private let readyWithin: Duration
  private let isReady: @Sendable (ManagedProcess) async -> Bool
  private var process: ManagedProcess?

  /// Prepares a process; nothing is started.
  ///
  /// - Parameters:
  ///   - command: what to run; needs a log file if it should explain a failed start.
  ///   - guardPath: absolute path of the `openclaw-guard` executable.
  ///   - readyWithin: how long a start may take; 30 s by default.
  ///   - isReady: asked every 25 ms after the start; by default it is ready at once.
  public init(
    _ command: ProcessCommand, guardPath: String, readyWithin: Duration = .seconds(30),
    isReady: @escaping @Sendable (ManagedProcess) async -> Bool = { _ in true }
  ) {
    self.name = command.name
    self.command = command
    self.guardPath = guardPath
    self.readyWithin = readyWithin
    self.isReady = isReady
  }

  /// See `LocalService`.
  public func start() async throws {
    if let process, process.exitStatusIfEnded == nil { return }
    let started = try await ManagedProcess.launch(command, guardPath: guardPath)
    try await Readiness.wait(for: started, within: readyWithin) { await isReady(started) }
    process = started
  }

  /// See `LocalService`.
  public func waitUntilEnded() async -> ProcessExit {
    await process?.exitStatus ?? ProcessExit(code: 0)
  }

  /// See `LocalService`. Sends the command's stop signal.
  public func stop() async { await process?.stop() }

  /// The process of the last start, for tests and status; nil before the first.
  public var runningProcess: ManagedProcess? { process }
}
