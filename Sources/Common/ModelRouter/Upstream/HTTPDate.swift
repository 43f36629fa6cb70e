/// Reads dates as HTTP headers hold them.
enum HTTPDate {
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  /// Seconds since 1970 of `Sun, 06 Nov 1994 08:49:37 GMT` (IMF-fixdate, RFC 9110, section 5.6.7).
  ///
  /// - Returns: `nil` for anything else, also for the two obsolete forms.
  static func seconds(_ text: String) -> Int? {
    let words = text.split(separator: " ")
    guard words.count == 6, words[0].hasSuffix(","), words[5] == "GMT",
      let day = number(words[1], digits: 2, 1...31),
      let year = number(words[3], digits: 4, 1970...9999),
      let month = months.firstIndex(of: String(words[2])), let time = time(words[4])
    else { return nil }
    return days(year: year, month: month + 1, day: day) * 86_400 + time
  }

  private static func time(_ text: Substring) -> Int? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 3, let hour = number(parts[0], digits: 2, 0...23),
      let minute = number(parts[1], digits: 2, 0...59),
      let second = number(parts[2], digits: 2, 0...60)
    else { return nil }
    return hour * 3600 + minute * 60 + second
  }

  private static func number(
    _ text: Substring, digits: Int, _ range: ClosedRange<Int>
  ) -> Int? {
    guard text.utf8.count == digits, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      let value = Int(text), range.contains(value)
    else { return nil }
    return value
  }

  /// Days since 1970-01-01 in the Gregorian calendar; years count from March, so that the leap day
  /// comes last.
  private static func days(year: Int, month: Int, day: Int) -> Int {
    let years = month > 2 ? year : year - 1
    let fromMarch = (month + 9) % 12
    let leapDays = years / 4 - years / 100 + years / 400
    return years * 365 + leapDays + (fromMarch * 153 + 2) / 5 + day - 1 - 719_468
  }
}
