import Foundation

/// Times as the gateway writes them.
enum WireTime {
  /// Reads RFC 3339 in UTC, with or without a fraction.
  static func date(_ text: String?) -> Date? {
    guard let text else { return nil }
    let exact = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
    for style in [exact, .iso8601] {
      do {
        return try Date(text, strategy: style)
      } catch {
        continue  // the other form; text that is no time is shown as none
      }
    }
    return nil
  }

  /// From one time to another; `nil` when one is missing, and never negative.
  static func span(_ start: Date?, _ end: Date?) -> Duration? {
    guard let start, let end else { return nil }
    return .seconds(max(0, end.timeIntervalSince(start)))
  }
}
