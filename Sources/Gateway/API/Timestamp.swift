import FoundationEssentials

/// RFC 3339 in UTC with milliseconds, such as `2026-11-22T13:22:09.120Z`.
///
/// - Returns: `nil` for times outside the years 0 to 9999.
func timestamp(_ date: Date) -> String? {
  let seconds = date.timeIntervalSince1970
  guard let total = Int64(exactly: (seconds * 1_000).rounded(.down)),
    (-62_167_219_200_000..<253_402_300_800_000).contains(total)
  else { return nil }
  let days = floorDivide(total, 86_400_000)
  let (year, month, day) = civil(daysSince1970: days)
  let ofDay = total - days * 86_400_000
  return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))T"
    + "\(padded(ofDay / 3_600_000, 2)):\(padded(ofDay / 60_000 % 60, 2)):"
    + "\(padded(ofDay / 1_000 % 60, 2)).\(padded(ofDay % 1_000, 3))Z"
}

/// The proleptic Gregorian date, counted in eras of 400 years that begin on 1 March.
private func civil(daysSince1970: Int64) -> (year: Int64, month: Int64, day: Int64) {
  let shifted = daysSince1970 + 719_468
  let era = floorDivide(shifted, 146_097)
  let dayOfEra = shifted - era * 146_097
  let yearOfEra =
    (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
  let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
  let marchMonth = (5 * dayOfYear + 2) / 153
  let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
  let day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
  return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
}

private func floorDivide(_ value: Int64, _ by: Int64) -> Int64 {
  (value - (value % by + by) % by) / by
}

private func padded(_ value: Int64, _ width: Int) -> String {
  let digits = String(value)
  return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
}
