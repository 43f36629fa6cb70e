/// Durations as users write them: `90s`, `1h30m`, `250ms`, `2d`.
public enum DurationText {
  /// In one sentence, for error messages.
  public static let form =
    "A duration such as '90s', '15m', '1h30m', '2d' or '500ms'."

  /// The same for a value that is none. A bare number has no unit: it is told how to write seconds.
  public static func form(insteadOf value: JSONValue) -> String {
    guard let seconds = value.int, seconds >= 0 else { return form }
    return "\(form) For \(seconds) seconds write \"\(seconds)s\"."
  }

  private static let units: [(name: String, milliseconds: Int64)] = [
    ("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
  ]

  /// Parses one or more whole numbers, each with a unit, the larger units first.
  ///
  /// - Returns: `nil` for any other form, and for what is longer than 100 years.
  public static func parse(_ text: String) -> Duration? {
    var rest = text.utf8[...]
    var total: Int64 = 0
    var last = Int64.max
    guard (2...32).contains(rest.count) else { return nil }
    while !rest.isEmpty {
      let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      let unit = rest.dropFirst(digits.count)
        .prefix { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }
      guard (1...12).contains(digits.count), let count = Int64(Substring(digits)),
        let size = units.first(where: { $0.name.utf8.elementsEqual(unit) })?.milliseconds,
        size < last
      else { return nil }
      last = size
      let (part, overflow) = count.multipliedReportingOverflow(by: size)
      guard !overflow, part <= longest, total + part <= longest else { return nil }
      total += part
      rest = rest.dropFirst(digits.count + unit.count)
    }
    return .milliseconds(total)
  }

  /// A duration in the form that ``parse(_:)`` takes, such as `1h30m`; `0s` for none.
  ///
  /// - Parameter duration: Not negative; what is less than a millisecond is cut off.
  public static func text(of duration: Duration) -> String {
    let (seconds, attoseconds) = duration.components
    var rest = seconds * 1_000 + attoseconds / 1_000_000_000_000_000
    var text = ""
    for unit in units.reversed() where rest >= unit.milliseconds {
      text += "\(rest / unit.milliseconds)\(unit.name)"
      rest %= unit.milliseconds
    }
    return text.isEmpty ? "0s" : text
  }

  /// 100 years, in milliseconds.
  private static let longest: Int64 = 36_525 * 86_400_000
}
