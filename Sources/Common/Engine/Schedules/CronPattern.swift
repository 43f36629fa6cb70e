import Jobs

/// Which minutes of the calendar a cron expression names, whatever the time zone.
///
/// Times are counted in seconds from 1970-01-01 00:00 on some clock that never changes.
struct CronPattern: Sendable, Hashable {
  private let minutes: CronValues
  private let hours: CronValues
  private let days: CronValues
  private let months: CronValues
  private let weekdays: CronValues

  /// The most bytes of an expression; every number of every field written out is less.
  static let maximumLength = 512

  private static let aliases = [
    "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0", "@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
  ]

  /// Reads an expression, whose syntax ``CronExpression`` tells.
  init(_ text: String) throws(CronError) {
    let fields = try Self.fields(of: text)
    minutes = try CronValues(fields[0], of: .minute)
    hours = try CronValues(fields[1], of: .hour)
    days = try CronValues(fields[2], of: .dayOfMonth)
    months = try CronValues(fields[3], of: .month)
    weekdays = try CronValues(fields[4], of: .dayOfWeek)
    guard canFire else {
      throw CronError(
        .neverFires, in: .dayOfMonth,
        "'\(fields[2])' is a day that no month of '\(fields[3])' has, so this would never run.")
    }
  }

  /// Whether it goes on over every hour of the day, so that it is about elapsed time: an hour of
  /// `*`, `*/2` or `0-23`. Others name times of the day.
  var followsElapsedTime: Bool { hours.hasStar || hours.isFull }

  private static func fields(of text: String) throws(CronError) -> [Substring] {
    guard text.utf8.count <= maximumLength else {
      throw CronError(
        .tooLong, "A cron expression has at most \(maximumLength) characters.")
    }
    guard text.utf8.allSatisfy({ (0x20...0x7E).contains($0) || $0 == 0x09 }) else {
      throw CronError(
        .badCharacter, "A cron expression has ASCII characters only, all in one line.")
    }
    var fields = text.split { $0 == " " || $0 == "\t" }
    if fields.count == 1, fields[0].hasPrefix("@") {
      guard let meaning = aliases[fields[0].lowercased()] else {
        throw CronError(
          .unknownAlias,
          "'\(fields[0])' is unknown. Allowed are \(aliases.keys.sorted().joined(separator: " ")).")
      }
      fields = meaning.split(separator: " ")
    }
    guard fields.count == CronField.allCases.count else {
      throw CronError(
        .fieldCount,
        "A cron expression has five fields, minute hour day-of-month month day-of-week, such as "
          + "'30 6 * * MON-FRI'; this one has \(fields.count).")
    }
    return fields
  }
}

// MARK: - Days

extension CronPattern {
  /// Cron's rule on days: when both day fields restrict, either one suffices.
  ///
  /// A field with a plain `*` does not restrict. `*/2` does, and so does a field that allows every
  /// day, except beside a field with a star: `1-31 * MON` is every day, `*/2 * 0-6` every other.
  /// That is croniter's reading.
  private func allows(day: Int, isLast: Bool, weekday: Int) -> Bool {
    let fitsDay = days.contains(day) || isLast && days.includesLastDay
    let fitsWeekday = weekdays.contains(weekday)
    return switch (restrictsDay, restrictsWeekday) {
    case (true, true): fitsDay || fitsWeekday
    case (true, false): fitsDay
    case (false, true): fitsWeekday
    case (false, false): true
    }
  }

  private var restrictsDay: Bool { !days.isOpen && !(days.isFull && weekdays.hasStar) }
  private var restrictsWeekday: Bool { !weekdays.isOpen && !(weekdays.isFull && days.hasStar) }

  /// Whether there is such a day: a weekday suffices, and so does one month that is long enough.
  private var canFire: Bool {
    guard restrictsDay, !restrictsWeekday, !days.includesLastDay else { return true }
    let longest = (1...12).filter(months.contains).map { CivilDate.length(ofMonth: $0, year: 2000) }
    return (days.first(from: 0) ?? 0) <= (longest.max() ?? 0)
  }
}

// MARK: - The next time

extension CronPattern {
  /// 29 February comes after 4 years, and after 8 where a century has none.
  private static let longestWait = 8 * 366

  /// The first time that it names from `time` on; `nil` when there is none in 8 years.
  func first(from time: Int) -> Int? {
    // Expressions have whole minutes.
    let minute = (time + 59).dividedDown(by: 60)
    let start = minute.dividedDown(by: 1440)
    if isDay(start), let inDay = firstMinute(from: minute - start * 1440) {
      return (start * 1440 + inDay) * 60
    }
    guard let day = firstDay(after: start), let inDay = firstMinute(from: 0) else { return nil }
    return (day * 1440 + inDay) * 60
  }

  private func firstMinute(from start: Int) -> Int? {
    guard let hour = hours.first(from: start / 60) else { return nil }
    if hour == start / 60, let minute = minutes.first(from: start % 60) {
      return hour * 60 + minute
    }
    guard let later = hours.first(from: start / 60 + 1), let minute = minutes.first(from: 0)
    else { return nil }
    return later * 60 + minute
  }

  private func isDay(_ day: Int) -> Bool {
    let date = CivilDate(day: day)
    return months.contains(date.month)
      && allows(day: date.day, isLast: date.day == date.monthLength, weekday: date.weekday)
  }

  private func firstDay(after start: Int) -> Int? {
    var day = start + 1
    while day - start <= Self.longestWait {
      if isDay(day) { return day }
      let date = CivilDate(day: day)
      day += months.contains(date.month) ? 1 : date.monthLength - date.day + 1
    }
    return nil
  }
}
