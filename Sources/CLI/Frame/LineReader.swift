import Glibc

/// Reads what a person types.
enum LineReader {
  private static let maximumBytes = 4096
  private static let pause = Duration.milliseconds(50)

  /// Waits for a line on a terminal, which gives lines whole, and never blocks its thread.
  ///
  /// - Returns: The line without its end, at most 4,096 bytes; `nil` at the input's end.
  /// - Throws: `CancellationError`.
  static func line(from descriptor: Int32) async throws -> String? {
    var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    // Ctrl-C only cancels the task: a read that blocks would not notice.
    while poll(&entry, 1, 0) <= 0 { try await Task.sleep(for: pause) }
    var bytes = [UInt8](repeating: 0, count: maximumBytes)
    let count = read(descriptor, &bytes, bytes.count)
    guard count > 0 else { return nil }
    return String(decoding: bytes.prefix(count).prefix { $0 != 0x0A }, as: UTF8.self)
  }
}
