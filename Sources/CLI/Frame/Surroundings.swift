// A signal source may be cancelled from any thread, which its type does not say on Linux.
@preconcurrency import Dispatch
import Glibc

/// What a command gets from its process; tests give their own.
struct Surroundings: Sendable {
  var environment: [String: String]
  /// The folder that relative paths start from.
  var directory: String
  var isRoot: Bool
  /// Writes all bytes. Throws ``OutputError``.
  var writeOutput: @Sendable ([UInt8]) throws -> Void
  /// Writes all bytes. Throws ``OutputError``.
  var writeError: @Sendable ([UInt8]) throws -> Void
  var outputIsTerminal: Bool
  var errorIsTerminal: Bool
  /// Reads standard input to its end, but no more than a limit of bytes and one.
  var readInput: @Sendable (Int) throws -> [UInt8]
  /// Whether a person types on standard input.
  var inputIsTerminal = false
  /// Waits for a line that a person types; `nil` at the input's end.
  var readLine: @Sendable () async throws -> String? = { nil }
  /// Sleeps between attempts.
  var pause: @Sendable (Duration) async throws -> Void
  /// Yields once per Ctrl-C or SIGTERM from the call on.
  var interruptions: @Sendable () -> AsyncStream<Void>
  /// The terminal's size now, if there is one.
  var terminalSize: @Sendable () -> TerminalSize = { .usual }
  /// Yields after each change of the terminal's size from the call on.
  var resizes: @Sendable () -> AsyncStream<Void> = { AsyncStream { $0.finish() } }

  /// Those of this process.
  static func process() -> Surroundings {
    Surroundings(
      environment: Self.processEnvironment(), directory: ".", isRoot: geteuid() == 0,
      writeOutput: { try StandardStream.output.write($0) },
      writeError: { try StandardStream.error.write($0) },
      outputIsTerminal: isatty(STDOUT_FILENO) == 1, errorIsTerminal: isatty(STDERR_FILENO) == 1,
      readInput: { try readAll(from: STDIN_FILENO, limit: $0) },
      inputIsTerminal: isatty(STDIN_FILENO) == 1,
      readLine: { try await LineReader.line(from: STDIN_FILENO) },
      pause: { try await Task.sleep(for: $0) },
      interruptions: { interruptSignals() },
      terminalSize: {
        TerminalSize.of(STDOUT_FILENO) ?? TerminalSize.of(STDERR_FILENO) ?? .usual
      },
      resizes: { resizeSignals() })
  }

  /// Runs a body that Ctrl-C cancels; a second Ctrl-C ends the process at once.
  ///
  /// - Throws: What the body throws, which is ``CommandError/interrupted`` after a cancellation
  ///   that it noticed.
  func interruptible<Value: Sendable>(
    _ body: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    try await withThrowingTaskGroup(of: Value?.self) { group in
      group.addTask(operation: body)
      group.addTask {
        for await _ in interruptions() { break }
        return nil
      }
      var value: Value?
      while value == nil, let next = try await group.next() {
        value = next
        if next == nil { group.cancelAll() }
      }
      group.cancelAll()
      guard let value else { throw CommandError.interrupted }
      return value
    }
  }

  private static func processEnvironment() -> [String: String] {
    var values: [String: String] = [:]
    var entry = environ
    while let text = entry.pointee {
      let parts = String(cString: text).split(separator: "=", maxSplits: 1)
      if let name = parts.first { values[String(name)] = parts.count == 2 ? String(parts[1]) : "" }
      entry += 1
    }
    return values
  }

  private static func interruptSignals() -> AsyncStream<Void> {
    AsyncStream { continuation in
      let sources = [SIGINT, SIGTERM].map { number in
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number)
        source.setEventHandler {
          signal(number, SIG_DFL)
          if number == SIGTERM { Termination.demand() }
          continuation.yield()
        }
        return source
      }
      continuation.onTermination = { _ in for source in sources { source.cancel() } }
      for source in sources { source.resume() }
    }
  }

  private static func resizeSignals() -> AsyncStream<Void> {
    AsyncStream(bufferingPolicy: .bufferingNewest(1)) { continuation in
      let source = DispatchSource.makeSignalSource(signal: SIGWINCH)
      source.setEventHandler { continuation.yield() }
      continuation.onTermination = { _ in source.cancel() }
      source.resume()
    }
  }
}

/// Reads to the end, but no more than `limit` bytes and one.
func readAll(from descriptor: Int32, limit: Int) throws -> [UInt8] {
  var bytes: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 65_536)
  while bytes.count <= limit {
    let wanted = min(chunk.count, limit + 1 - bytes.count)
    let count = read(descriptor, &chunk, wanted)
    if count < 0, errno == EINTR { continue }
    guard count >= 0 else { throw CommandError.usage("the input cannot be read") }
    if count == 0 { break }
    bytes += chunk.prefix(count)
  }
  return bytes
}
