/// What to run and how, for `ManagedProcess`.
public struct ProcessCommand: Sendable {
  /// Name for messages, such as `postgres`.
  public var name: String
  /// Absolute path, or a name that is looked up in the PATH of `environment`.
  public var executable: String
  /// Arguments without the program's name.
  public var arguments: [String]
  /// The whole environment; nothing is inherited.
  public var environment: [String: String]
  /// The account to run as; nil for the caller's. Only root can name another one.
  public var account: ServiceAccount?
  /// Working directory; `/` by default, because an account may not be able to enter the caller's.
  public var workingDirectory = "/"
  /// File that stdout and stderr are appended to, created with mode 0600; nil inherits the caller's.
  public var logFile: String?
  /// File that holds `GUARD CHILD` and stays locked while the process or its remains exist.
  public var pidFile: String?
  /// The signal that asks the program to end, as the guard spells it: `TERM`, `INT` or `QUIT`.
  public var stopSignal = "TERM"
  /// Time between the stop signal and SIGKILL; whole seconds count. 10 s by default.
  public var grace = Duration.seconds(10)

  /// A command with the defaults above.
  public init(
    name: String, executable: String, arguments: [String] = [], environment: [String: String] = [:]
  ) {
    self.name = name
    self.executable = executable
    self.arguments = arguments
    self.environment = environment
  }

  /// The guard's command line for it, without the guard's own name.
  var guardArguments: [String] {
    var result = ["--status-fd", "\(SpawnedGuard.statusFD)", "--chdir", workingDirectory]
    result += ["--grace", "\(grace.components.seconds)", "--stop-signal", stopSignal]
    if let account { result += ["--uid", "\(account.uid)", "--gid", "\(account.gid)"] }
    if let logFile { result += ["--log", logFile] }
    if let pidFile { result += ["--pidfile", pidFile] }
    return result + ["--", executable] + arguments
  }
}
