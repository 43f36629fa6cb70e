/// What one field of a cron expression allows.
struct CronValues: Sendable, Hashable {
  /// Bit n stands for the number n; Sunday is 0 only.
  private var bits: UInt64 = 0
  /// Whether `*` is a part of it, without a step.
  private(set) var isOpen = false
  /// Whether `*` is a part of it, with a step or without.
  private(set) var hasStar = false
  /// Whether it allows a month's last day, whichever that is.
  private(set) var includesLastDay = false
  /// Whether it allows every number.
  private(set) var isFull = false

  /// Reads a field, which is printable ASCII without a space.
  init(_ text: Substring, of field: CronField) throws(CronError) {
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      guard !part.isEmpty else {
        throw CronError(.syntax, in: field, "'\(text)' has an empty part.")
      }
      let values = try PartReader(part: part, field: field).read()
      for value in values { bits |= 1 << UInt64(value) }
      isOpen = isOpen || part == "*"
      hasStar = hasStar || part.hasPrefix("*")
      includesLastDay = includesLastDay || values.isEmpty
    }
    if field == .dayOfWeek, contains(7) { bits = bits & 0x7F | 1 }
    let all = field.cycle.reduce(0 as UInt64) { $0 | 1 << UInt64($1) }
    isFull = bits & all == all
  }

  /// Whether the field allows a number from 0 to 63.
  func contains(_ value: Int) -> Bool { bits & (1 << UInt64(value)) != 0 }

  /// The least number that it allows, from `start` on, which is 0 to 64.
  func first(from start: Int) -> Int? {
    let rest = bits >> UInt64(start)
    return rest == 0 ? nil : start + rest.trailingZeroBitCount
  }
}

/// Reads one part of a field's list.
private struct PartReader {
  let part: Substring
  let field: CronField

  /// The numbers that the part allows; none for `L`.
  func read() throws(CronError) -> [Int] {
    let halves = part.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    if field == .dayOfMonth, part == "L" || part == "l" { return [] }
    let step = halves.count == 1 ? nil : try step(halves[1])
    let range = try range(halves[0], hasStep: step != nil)
    return Array(stride(from: range.lowerBound, through: range.upperBound, by: step ?? 1))
  }

  /// `*`, `3` or `3-7`; a single number with a step goes on to the end.
  private func range(_ text: Substring, hasStep: Bool) throws(CronError) -> ClosedRange<Int> {
    if text == "*" { return field.cycle }
    let ends = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    let first = try number(ends[0])
    guard ends.count == 2 else {
      guard hasStep else { return first...first }
      // The step begins at Sunday, not behind Saturday.
      let start = field == .dayOfWeek && first == 7 ? 0 : first
      return start...field.cycle.upperBound
    }
    var last = try number(ends[1])
    // `FRI-SUN` is `5-7`.
    if field == .dayOfWeek, last < first, ends[1].first?.isLetter == true, last == 0 { last = 7 }
    guard first <= last else {
      throw CronError(
        .emptyRange, in: field,
        "has the range '\(part)', which ends before it starts; write it as two, such as "
          + "'\(first)-\(field.cycle.upperBound),\(field.cycle.lowerBound)-\(last)'.")
    }
    return first...last
  }

  private func step(_ text: Substring) throws(CronError) -> Int {
    guard let step = digits(text) else {
      throw CronError(.syntax, in: field, "'\(part)' has no whole number as its step.")
    }
    guard (1...field.cycle.count).contains(step) else {
      throw CronError(
        .badStep, in: field,
        "'\(part)' has a step that is not 1 to \(field.cycle.count); steps count within the "
          + "field, so no longer one can be written.")
    }
    return step
  }

  private func number(_ text: Substring) throws(CronError) -> Int {
    if let number = field.number(named: text) { return number }
    guard let number = digits(text) else {
      throw CronError(.syntax, in: field, "'\(part)' is none of the forms.")
    }
    guard field.range.contains(number) else {
      throw CronError(.outOfRange, in: field, "'\(part)' is out of range.")
    }
    return number
  }

  /// A whole number without a sign; what is longer than any that is allowed becomes the greatest.
  private func digits(_ text: Substring) -> Int? {
    guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return Int(text) ?? Int.max
  }
}
