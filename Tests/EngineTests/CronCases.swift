import TestSupport

@testable import Engine

/// Cron expressions by chance, for a comparison with another program; the same for the same seed.
struct CronCases {
  /// A time span in which ticks are to be compared, in Unix seconds.
  struct Span {
    let zone: String
    let text: String
    let start: Int
    let end: Int
  }

  /// With shifts of 30 minutes, 1, 2 and 24 hours, at midnight and at one minute past, in both
  /// hemispheres; with standard times that were changed, and one without daylight saving.
  static let zones = [
    "Europe/Berlin", "Europe/Dublin", "Europe/Moscow", "Europe/Lisbon", "America/New_York",
    "America/St_Johns", "America/Sao_Paulo", "America/Havana", "America/Caracas",
    "Australia/Lord_Howe", "Pacific/Apia", "Pacific/Chatham", "Asia/Kathmandu", "Asia/Tehran",
    "Asia/Beirut", "Asia/Pyongyang", "Antarctica/Troll", "Atlantic/Azores",
  ]

  private var random = SplitMix64(seed: 2026)

  /// 1970 to 2024: what comes after may be law by the tz database of one program only.
  private static let years = 0...1_735_689_600

  /// Spans of up to four days around every change of every zone's clocks.
  mutating func changes(times count: Int) throws -> [Span] {
    var spans: [Span] = []
    for zone in Self.zones {
      guard let clock = ZoneClock(named: zone) else { continue }
      var last = Self.years.lowerBound
      while let change = clock.change(after: last, through: Self.years.upperBound) {
        let times = [change + clock.offset(at: change - 1), change + clock.offset(at: change)]
        for _ in 0..<count {
          spans.append(
            Span(
              zone: zone, text: text(near: times), start: change - chance(48 * 3600),
              end: change + chance(48 * 3600)))
        }
        last = change
      }
    }
    return spans
  }

  /// Spans of up to seven years.
  mutating func calendar(count: Int) -> [Span] {
    (0..<count).map { _ in
      let start = chance(Self.years.upperBound)
      return Span(
        zone: random.pick(Self.zones), text: chance(10) == 0 ? rareText() : text(), start: start,
        end: min(start + 7 * 31_557_600, Self.years.upperBound))
    }
  }

  /// Texts that may be none, in UTC.
  mutating func garbled(count: Int) -> [Span] {
    (0..<count).map { _ in
      let start = chance(Self.years.upperBound)
      return Span(
        zone: "UTC", text: chance(4) == 0 ? foreignText() : garbledText(), start: start,
        end: start + 7 * 31_557_600)
    }
  }

  private mutating func chance(_ count: Int) -> Int { Int.random(in: 0..<count, using: &random) }

  private mutating func text() -> String {
    CronField.allCases.map { list(of: $0) }.joined(separator: " ")
  }

  /// An expression whose hours and minutes are around local times.
  private mutating func text(near times: [Int]) -> String {
    let time = random.pick(times) / 60 + random.pick([-60, -30, -1, 0, 0, 1, 15, 30, 60, 90])
    let minutes = [
      "\(time % 60)", "*/15", "0,30", "*/\(1 + chance(40))", "*", list(of: .minute),
    ]
    let hour = time / 60 % 24
    let hours = [
      "\(hour)", "\(hour)", "\(hour)-23/2", "0-\(hour)", "*", "*/2", "*/3", "0-23", "\(hour)/4",
      list(of: .hour),
    ]
    let days = random.pick(["* * *", "* * *", "*/2 * *", "* * SUN", "* * 6-7", "L * *", "1-7 * *"])
    return "\(random.pick(minutes)) \(random.pick(hours)) \(days)"
  }

  /// With days that few months have, or none.
  private mutating func rareText() -> String {
    let days = random.pick(["29", "30", "31", "30-31", "29,31", "L", "*/29"])
    let months = random.pick(["2", "FEB", "2,4", "4,6,9,11", "*"])
    return "\(chance(60)) \(chance(24)) \(days) \(months) \(random.pick(["*", "*", "MON", "*/3"]))"
  }

  /// With a field as other programs have it.
  private mutating func foreignText() -> String {
    let forms = [
      "?", "15W", "LW", "L-3", "1-L", "L5", "5L", "MON#2", "H", "H/5", "R", "*/90", "22-6", "~",
      "Fri-Mon", "0-7", "7-7", "5-5", "JAN-1", "* *", "2026", "@daily", "",
    ]
    var fields = CronField.allCases.map { list(of: $0) }
    fields[chance(5)] = random.pick(forms)
    return fields.joined(separator: " ")
  }

  private mutating func garbledText() -> String {
    let pieces = Array("*/-,, 0123456789Ll").map(String.init) + ["JAN", "mar", "SUN", "fri"]
    var letters = text().map(String.init)
    for _ in 0...chance(2) {
      let place = chance(letters.count)
      switch chance(3) {
      case 0: letters.insert(random.pick(pieces), at: place)
      case 1: letters[place] = random.pick(pieces)
      default: letters.remove(at: place)
      }
    }
    return letters.joined()
  }

  private mutating func list(of field: CronField) -> String {
    if chance(5) < 2 { return "*" }
    return (0..<random.pick([1, 1, 1, 2, 3])).map { _ in part(of: field) }.joined(separator: ",")
  }

  private mutating func part(of field: CronField) -> String {
    let low = Int.random(in: field.range, using: &random)
    let high = Int.random(in: low...field.range.upperBound, using: &random)
    let step = 1 + chance(chance(2) == 0 ? 5 : field.cycle.count)
    return switch chance(8) {
    case 0: "*/\(step)"
    case 1: "\(low)-\(high)/\(step)"
    case 2: "\(low)/\(step)"
    case 3, 4: "\(low)-\(high)"
    case 5 where field == .dayOfMonth: "L"
    case 5 where field == .month: random.pick(["jan", "Jun-AUG", "SEP-DEC/2"])
    case 5 where field == .dayOfWeek: random.pick(["mon", "MON-FRI", "Fri-SUN", "SUN"])
    default: "\(low)"
    }
  }
}
