/// How a command ended, as its exit code; docs and scripts rely on the numbers.
enum ExitStatus: Int32, Sendable, CaseIterable {
  case ok = 0
  /// The job failed or expired, or the request was refused.
  case failed = 1
  /// The job was cancelled.
  case cancelled = 2
  case notFound = 3
  /// No token, or one that may not do this.
  case authentication = 4
  /// The time given to wait was over before the job was.
  case waitTimedOut = 5
  /// The request contradicts another one, such as an idempotency key that stands for another one.
  case conflict = 6
  /// EX_USAGE of sysexits.h.
  case usage = 64
  /// EX_UNAVAILABLE of sysexits.h: no gateway, or one that cannot answer now.
  case unreachable = 69
  /// 128 + SIGINT.
  case interrupted = 130
  /// 128 + SIGPIPE: who read standard output has gone, as with `| head`.
  case outputClosed = 141
}
