import Foundation
import Glibc

/// What a short-lived program did with its input.
public struct ToolRun: Sendable {
  /// The exit status; -1 for a signal.
  public let status: Int32
  /// Standard output and standard error together.
  public let output: String

  /// Why a program could not be started.
  public struct DidNotStart: Error {
    /// The system's error number.
    public let code: Int32
  }

  /// Runs the program to its end. It finds the input in a folder of its own, which is its working
  /// folder, and its standard input in the file `stdin` there. Is not cancelled.
  ///
  /// - Parameter environment: Added to this process's own.
  /// - Throws: ``DidNotStart``; what writing the files throws.
  public static func run(
    _ program: String, _ arguments: [String], files: [String: [UInt8]] = [:],
    environment: [String: String] = [:]
  ) async throws -> ToolRun {
    // The threads of Swift's tasks are as many as processors: a wait on one stops other tests.
    try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread {
        continuation.resume(
          with: Result {
            try ToolRun(program, arguments, files: files, environment: environment)
          })
      }
    }
  }

  /// As `run`, on this thread.
  init(
    _ program: String, _ arguments: [String], files: [String: [UInt8]] = [:],
    environment: [String: String] = [:]
  ) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    // What is left in the temporary folder does no harm.
    defer { try? FileManager.default.removeItem(at: folder) }
    for (name, bytes) in files { try Data(bytes).write(to: folder.appending(path: name)) }
    let input = files["stdin"] == nil ? "/dev/null" : folder.appending(path: "stdin").path
    let output = folder.appending(path: "output")

    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, output.path, O_WRONLY | O_CREAT, 0o600)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    let settings = environment.map { "\($0.key)=\($0.value)" }
    var words = (["env", "-C", folder.path] + settings + [program] + arguments).map { strdup($0) }
    defer { for word in words { free(word) } }
    words.append(nil)
    var process: pid_t = 0
    var attributes = Self.allSignals()
    defer { posix_spawnattr_destroy(&attributes) }
    let failure = posix_spawnp(&process, "env", &actions, &attributes, words, environ)
    guard failure == 0 else { throw DidNotStart(code: failure) }

    status = Self.wait(for: process)
    self.output = String(decoding: try Data(contentsOf: output), as: UTF8.self)
  }

  /// The exit status of a process that this one has started; -1 for a signal.
  public static func end(of process: Int32) async -> Int32 {
    await withCheckedContinuation { continuation in
      Thread.detachNewThread { continuation.resume(returning: wait(for: process)) }
    }
  }

  private static func wait(for process: pid_t) -> Int32 {
    var ended: Int32 = 0
    while waitpid(process, &ended, 0) == -1, errno == EINTR {}
    return ended & 0x7F == 0 ? (ended >> 8) & 0xFF : -1
  }

  /// Lets the program get the signals that threads of this process may have blocked: pgbench, for
  /// one, ends by an alarm.
  private static func allSignals() -> posix_spawnattr_t {
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    return attributes
  }
}
