/// How a process ended.
public struct ProcessExit: Hashable, Sendable, CustomStringConvertible {
  /// 0 to 255 as a shell shows it: the program's own status, or 128 + the signal that ended it.
  public let code: Int32

  /// Takes a status as a shell shows it, 0 to 255.
  public init(code: Int32) { self.code = code }

  /// True for status 0.
  public var isSuccess: Bool { code == 0 }

  /// `exit status 3`, or `signal 9` for 137.
  public var description: String {
    (129...192).contains(code) ? "signal \(code - 128)" : "exit status \(code)"
  }

  /// Reads a status of `waitpid` (see wait(2), WIFEXITED and WTERMSIG).
  init(waitStatus: Int32) {
    let signal = waitStatus & 0x7f
    self.code = signal == 0 ? (waitStatus >> 8) & 0xff : 128 + signal
  }
}
