/// The fields of a cron expression, in their order.
public enum CronField: String, Sendable, CaseIterable {
  /// 0 to 59.
  case minute
  /// 0 to 23.
  case hour
  /// 1 to 31, and `L` for the last.
  case dayOfMonth = "day-of-month"
  /// 1 to 12, or the first three letters of the English name.
  case month
  /// 0 to 7, where both 0 and 7 are Sunday, or the first three letters of the English name.
  case dayOfWeek = "day-of-week"

  /// The numbers that it takes; `*` and the end of `5/15` leave the 7 of Sunday out.
  var range: ClosedRange<Int> {
    switch self {
    case .minute: 0...59
    case .hour: 0...23
    case .dayOfMonth: 1...31
    case .month: 1...12
    case .dayOfWeek: 0...7
    }
  }

  /// The numbers without a second name for one of them.
  var cycle: ClosedRange<Int> { self == .dayOfWeek ? 0...6 : range }

  /// The number that a word stands for, in capitals or not.
  func number(named word: Substring) -> Int? {
    let first = range.lowerBound
    return names.firstIndex(of: word.uppercased()).map { first + $0 }
  }

  private var names: [String] {
    switch self {
    case .month:
      [
        "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
      ]
    case .dayOfWeek: ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
    case .minute, .hour, .dayOfMonth: []
    }
  }

  /// What can be written, for messages: `* , - / and 0 to 59`.
  var allowed: String {
    let numbers = "\(range.lowerBound) to \(range.upperBound)"
    return switch self {
    case .minute, .hour: "* , - / and \(numbers)"
    case .dayOfMonth: "* , - / L and \(numbers)"
    case .month: "* , - / and \(numbers) or JAN to DEC"
    case .dayOfWeek: "* , - / and \(numbers) or SUN to SAT, where 0 and 7 are Sunday"
    }
  }
}
