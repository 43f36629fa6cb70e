import Foundation
import Synchronization

/// A running child process that cannot outlive this one.
///
/// Every child runs below an `openclaw-guard` of its own, which ends the child and all that the
/// child started when it is told to, and when this process ends in whatever way. Letting the last
/// reference go asks for that too, without waiting.
public final class ManagedProcess: Sendable {
  /// The command it runs.
  public let command: ProcessCommand
  /// Process id of the guard.
  public let guardPID: Int32
  /// Process id of the program; also the number of its session and process group.
  public let childPID: Int32

  /// The size its log had before it was started.
  let logStart: UInt64

  private let exit: ExitLatch
  private let input: Mutex<Int32?>

  private init(
    command: ProcessCommand, logStart: UInt64, spawned: SpawnedGuard, childPID: Int32,
    exit: ExitLatch
  ) {
    self.command = command
    self.logStart = logStart
    self.guardPID = spawned.pid
    self.childPID = childPID
    self.exit = exit
    self.input = Mutex(spawned.input)
  }

  deinit { requestStop() }

  /// Starts a command and returns once the program was executed, which does not mean it is ready.
  ///
  /// A guard that still ends an earlier run with the same pidfile is waited for, up to 15 s.
  ///
  /// - Parameters:
  ///   - command: what to run.
  ///   - guardPath: absolute path of the `openclaw-guard` executable.
  /// - Throws: `LocalServiceError` with `missingProgram`, `launch` or `alreadyRunning`.
  public static func launch(
    _ command: ProcessCommand, guardPath: String
  ) async throws -> ManagedProcess {
    let logStart = command.logFile.map { LogTail.size(of: URL(filePath: $0)) } ?? 0
    let spawned = try SpawnedGuard.spawn(
      executable: guardPath, arguments: command.guardArguments, environment: command.environment)
    let exit = ExitLatch(pid: spawned.pid)
    let reply = await withCheckedContinuation { continuation in
      watch(spawned, exit: exit) { continuation.resume(returning: $0) }
    }
    guard reply.hasPrefix("started "), let childPID = Int32(reply.dropFirst(8)) else {
      close(spawned.input)
      let status = await exit.value
      let isError = reply.hasPrefix("error ")
      let text = isError ? String(reply.dropFirst(6)) : "its guard ended: \(status)"
      throw LocalServiceError(
        status.code == 75 ? .alreadyRunning : status.code == 127 ? .missingProgram : .launch,
        "\(command.name): \(text)")
    }
    exit.childPID.withLock { $0 = childPID }
    return ManagedProcess(
      command: command, logStart: logStart, spawned: spawned, childPID: childPID, exit: exit)
  }

  /// Waits until the program has ended and everything it started is gone; gives its exit status.
  ///
  /// Not ended by cancellation: stop the process instead.
  public var exitStatus: ProcessExit {
    get async { await exit.value }
  }

  /// Waits until the first of some processes has ended; gives that one's exit status.
  static func firstEnd(of processes: [ManagedProcess]) async -> ProcessExit {
    await withCheckedContinuation { continuation in
      let first = FirstResult(continuation)
      for process in processes { process.exit.whenEnded { first.resume(returning: $0) } }
    }
  }

  /// The exit status if the process has ended, else nil.
  public var exitStatusIfEnded: ProcessExit? { exit.current }

  /// Sends the command's stop signal, after `grace` SIGKILL, and waits until nothing is left.
  ///
  /// - Parameter grace: nil means the command's own. A longer one than the command's has no effect.
  /// - Returns: the program's exit status. Calling it again, or after the end, only waits.
  @discardableResult
  public func stop(grace: Duration? = nil) async -> ProcessExit {
    requestStop()
    guard let grace, grace < command.grace else { return await exit.value }
    // On its own, as the grace counts for a caller that is cancelled, too.
    return await Task { await killUnlessEnded(within: grace) }.value
  }

  private func killUnlessEnded(within grace: Duration) async -> ProcessExit {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { _ = await self.exit.value }
      group.addTask {
        // A cancelled sleep means the process has ended; there is nobody to signal then.
        guard (try? await Task.sleep(for: grace)) != nil else { return }
        self.exit.signalGuard(SIGQUIT)  // the guard kills at once
        _ = await self.exit.value
      }
      await group.next()
      group.cancelAll()
      return await self.exit.value
    }
  }

  /// Kills the program with SIGKILL, as a crash would; the guard then ends what it left behind.
  public func killProgram() {
    if exit.current == nil { kill(childPID, SIGKILL) }
  }

  /// Lets a program go on that had stopped with SIGSTOP.
  public func resumeProgram() {
    if exit.current == nil { kill(childPID, SIGCONT) }
  }

  /// Kills the guard with SIGKILL; the kernel then kills the program. For tests of that promise.
  public func killGuard() { exit.signalGuard(SIGKILL) }

  /// Asks for the same as `stop` without waiting; for a cancellation handler.
  public func requestStop() {
    input.withLock { descriptor in
      if let open = descriptor { close(open) }
      descriptor = nil
    }
  }

  /// Starts the thread that waits for one guard: first for its status line, then for its end.
  private static func watch(
    _ spawned: SpawnedGuard, exit: ExitLatch, onReply: @escaping @Sendable (String) -> Void
  ) {
    let thread = Thread {
      onReply(readLine(from: spawned.status))
      close(spawned.status)
      exit.waitAndSet()
    }
    thread.name = "guard-\(spawned.pid)"
    thread.stackSize = 256 << 10
    thread.start()
  }

  private static func readLine(from descriptor: Int32) -> String {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 512)
    while bytes.last != UInt8(ascii: "\n") {
      let count = read(descriptor, &buffer, buffer.count)
      if count < 0 && errno == EINTR { continue }
      if count <= 0 { break }
      bytes += buffer[..<count]
    }
    return String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .newlines)
  }
}
