public import FoundationEssentials

/// RFC 3339 in UTC with milliseconds, such as `2026-11-22T13:22:09.120Z`.
///
/// - Returns: `nil` for times outside the years 0 to 9999.
public func timestamp(_ date: Date) -> String? {
  let seconds = date.timeIntervalSince1970
  guard let total = Int(exactly: (seconds * 1_000).rounded(.down)),
    (-62_167_219_200_000..<253_402_300_800_000).contains(total)
  else { return nil }
  let days = total.dividedDown(by: 86_400_000)
  let civil = CivilDate(day: days)
  let ofDay = total - days * 86_400_000
  return "\(padded(civil.year, 4))-\(padded(civil.month, 2))-\(padded(civil.day, 2))T"
    + "\(padded(ofDay / 3_600_000, 2)):\(padded(ofDay / 60_000 % 60, 2)):"
    + "\(padded(ofDay / 1_000 % 60, 2)).\(padded(ofDay % 1_000, 3))Z"
}

private func padded(_ value: Int, _ width: Int) -> String {
  let digits = String(value)
  return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
}

/// Reads RFC 3339, such as `2026-11-22T13:22:09.120Z` or `2026-11-22T15:22:09+02:00`.
///
/// - Returns: `nil` for any other form, for days that do not exist and for leap seconds.
public func date(ofTimestamp text: String) -> Date? {
  let bytes = Array(text.utf8)
  guard (20...35).contains(bytes.count) else { return nil }
  func number(_ range: Range<Int>) -> Int? {
    guard range.upperBound <= bytes.count else { return nil }
    return bytes[range].reduce(Int?(0)) { sum, byte in
      guard let sum, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
      return sum * 10 + Int(byte - UInt8(ascii: "0"))
    }
  }
  guard let year = number(0..<4), bytes[4] == UInt8(ascii: "-"), let month = number(5..<7),
    bytes[7] == UInt8(ascii: "-"), let day = number(8..<10),
    [UInt8(ascii: "T"), UInt8(ascii: "t")].contains(bytes[10]), let hour = number(11..<13),
    bytes[13] == UInt8(ascii: ":"), let minute = number(14..<16), bytes[16] == UInt8(ascii: ":"),
    let second = number(17..<19), hour < 24, minute < 60, second < 60, (1...12).contains(month)
  else { return nil }
  guard day > 0, day <= CivilDate.length(ofMonth: month, year: year) else { return nil }
  let days = CivilDate.day(ofYear: year, month: month, day: day)
  var rest = bytes[19...]
  var fraction = 0.0
  if rest.first == UInt8(ascii: ".") {
    let digits = rest.dropFirst().prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    guard (1...9).contains(digits.count), let value = number(digits.indices) else { return nil }
    fraction = Double(value) / (0..<digits.count).reduce(1.0) { scale, _ in scale * 10 }
    rest = rest.dropFirst(digits.count + 1)
  }
  guard let offset = offset(rest, number) else { return nil }
  let seconds = days * 86_400 + hour * 3_600 + minute * 60 + second - offset
  return Date(timeIntervalSince1970: Double(seconds) + fraction)
}

/// `Z`, or `+02:00`, in seconds.
private func offset(_ bytes: ArraySlice<UInt8>, _ number: (Range<Int>) -> Int?) -> Int? {
  if bytes.count == 1, [UInt8(ascii: "Z"), UInt8(ascii: "z")].contains(bytes.first) { return 0 }
  let start = bytes.startIndex
  guard bytes.count == 6, bytes[start + 3] == UInt8(ascii: ":"),
    let hours = number(start + 1..<start + 3), let minutes = number(start + 4..<start + 6),
    hours < 24, minutes < 60
  else { return nil }
  switch bytes[start] {
  case UInt8(ascii: "+"): return hours * 3_600 + minutes * 60
  case UInt8(ascii: "-"): return -(hours * 3_600 + minutes * 60)
  default: return nil
  }
}
