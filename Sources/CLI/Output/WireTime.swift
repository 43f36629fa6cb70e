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

  /// How far ahead a time is, for people: `in 4 min 3 s`, or `now` for what has come.
  ///
  /// - Returns: `nil` for no time.
  static func ahead(_ text: String?, of now: Date) -> String? {
    guard let date = date(text), let left = span(now, date) else { return nil }
    return left > .zero ? "in \(left.brief)" : "now"
  }

  /// `2026-11-22 13:10:43`: an RFC 3339 time to the second; nothing for no time.
  static func short(_ time: String?) -> String {
    guard let time, time.utf8.count >= 19 else { return time ?? "" }
    let bytes = time.utf8.prefix(19).map { $0 == UInt8(ascii: "T") ? 0x20 : $0 }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// From one time to another; `nil` when one is missing, and never negative.
  static func span(_ start: Date?, _ end: Date?) -> Duration? {
    guard let start, let end else { return nil }
    return .seconds(max(0, end.timeIntervalSince(start)))
  }
}
