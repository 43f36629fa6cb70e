/// Why a private server or one of its processes could not be started, used or stopped.
public struct LocalServiceError: Error, Sendable, CustomStringConvertible {
  /// What kind of failure it is. New ones may be added; treat unknown codes as not retryable.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    private let name: String

    /// The kind's name, for logs.
    public var description: String { name }

    /// A folder, file or setting of the data root cannot be used as it is.
    public static let dataRoot = Code(name: "dataRoot")
    /// A program that is needed is not installed or cannot be run.
    public static let missingProgram = Code(name: "missingProgram")
    /// Another process uses the same data root or pidfile.
    public static let alreadyRunning = Code(name: "alreadyRunning")
    /// The operating system refused to make a process, a pipe or a thread.
    public static let launch = Code(name: "launch")
    /// The process ended before it was ready, or a command ended with a failure.
    public static let exited = Code(name: "exited")
    /// The process runs but was not ready in time.
    public static let timeout = Code(name: "timeout")
    /// No free TCP port was found.
    public static let noPort = Code(name: "noPort")
    /// A name given by the caller has characters that are not allowed.
    public static let badName = Code(name: "badName")
    /// The service was asked for something that needs it to be running.
    public static let notRunning = Code(name: "notRunning")
  }

  /// The kind of failure.
  public let code: Code
  /// One line for the person who started it, without secrets; says what to do where that is known.
  public let message: String
  /// The last lines of the failed process's log, oldest first; empty where there is none.
  public let logTail: [String]
  /// Where it was thrown.
  public let file: String
  /// Where it was thrown.
  public let line: Int

  /// True where starting again later may work without anyone changing anything.
  public var isRetryable: Bool { code == .exited || code == .timeout || code == .alreadyRunning }

  /// The message, and the log lines below it, indented.
  public var description: String {
    ([message] + logTail.map { "    \($0)" }).joined(separator: "\n")
  }

  init(
    _ code: Code, _ message: String, logTail: [String] = [], file: String = #fileID,
    line: Int = #line
  ) {
    self.code = code
    self.message = message
    self.logTail = logTail
    self.file = file
    self.line = line
  }
}
