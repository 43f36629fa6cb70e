import Jobs
import Synchronization

@testable import openclaw

/// What one command line printed, and its exit code.
struct CommandRun: Sendable {
  let code: Int32
  let output: String
  let error: String
  let pauses: [Duration]

  var json: JSONValue { get throws { try JSONValue(json: Array(output.utf8)) } }

  /// Runs a command line in this process, off a terminal unless told otherwise, with the token
  /// `good`; a pause takes no time.
  ///
  /// - Parameter answer: What is typed when the command asks; `nil` where nobody can be asked.
  static func of(
    _ arguments: [String], environment: [String: String] = ["OPENCLAW_TOKEN": "good"],
    input: String = "", answer: String? = nil, directory: String = "/nonexistent",
    isTerminal: Bool = false,
    interruptions: AsyncStream<Void> = AsyncStream { _ in }
  ) async -> CommandRun {
    let record = Record()
    let surroundings = Surroundings(
      environment: environment, directory: directory, isRoot: false,
      writeOutput: { bytes in record.state.withLock { $0.output += bytes } },
      writeError: { bytes in record.state.withLock { $0.error += bytes } },
      outputIsTerminal: isTerminal, errorIsTerminal: isTerminal || answer != nil,
      readInput: { _ in Array(input.utf8) }, inputIsTerminal: answer != nil,
      readLine: { answer },
      pause: { pause in
        record.state.withLock { $0.pauses.append(pause) }
        try Task.checkCancellation()
      },
      interruptions: { interruptions })
    let code = await OpenClaw.run(arguments, in: surroundings)
    return record.state.withLock {
      CommandRun(
        code: code, output: String(decoding: $0.output, as: UTF8.self),
        error: String(decoding: $0.error, as: UTF8.self), pauses: $0.pauses)
    }
  }

  private final class Record: Sendable {
    let state = Mutex((output: [UInt8](), error: [UInt8](), pauses: [Duration]()))
  }
}
