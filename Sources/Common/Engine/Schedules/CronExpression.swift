public import FoundationEssentials

/// A cron expression in a time zone: which minutes something is to run at.
///
/// **Syntax.** Five fields, separated by spaces or tabs:
///
/// | field | numbers | besides |
/// |---|---|---|
/// | minute | 0-59 | |
/// | hour | 0-23 | |
/// | day-of-month | 1-31 | `L`: the last day of the month |
/// | month | 1-12 | `JAN`-`DEC` |
/// | day-of-week | 0-7, 0 and 7 are Sunday | `SUN`-`SAT` |
///
/// A field is a list of parts with commas between. A part is `*`, a number, a range `9-17`, or
/// either with a step: `*/5`, `1-30/7`, and `5/15`, which is from 5 to the field's end. Names can
/// stand wherever numbers can; their case does not matter, nor that of `L`, which stands alone in
/// its part. A range must not end before it starts, but `FRI-SUN` is `5-7`. A step is at most as
/// long as its field. `@hourly`, `@daily`, `@midnight`, `@weekly`, `@monthly`, `@yearly` and
/// `@annually` stand for `0 * * * *`, `0 0 * * *` (twice), `0 0 * * 0`, `0 0 1 * *` and
/// `0 0 1 1 *` (twice). There are no seconds: which end they are written at differs from program
/// to program, and a mistaken field would run a job sixty times as often.
///
/// **Days.** When both day-of-month and day-of-week restrict the days, a day that fits one of them
/// suffices; otherwise it must fit both. A field with a plain `*` does not restrict. `*/2` does,
/// unlike in Vixie cron, but like in croniter: `0 0 */2 * MON` is every odd day and every Monday.
///
/// **Daylight saving.** What happens when clocks are changed, for whatever reason, depends on the
/// hour field:
///
/// - Times of the day, such as `30 2 * * *` or `*/20 1-3 * * *`: each local time counts once. A
///   time that clocks skip is made up for at the first instant after the gap, once however many
///   were skipped, and also if a whole day was (Pacific/Apia, 30 December 2011). A time that they
///   show twice counts at its first occurrence. So nothing is lost and nothing done twice.
/// - All day long, that is an hour with a star or of `0-23`, such as `*/15 * * * *` or
///   `0 */2 * * *`: runs whenever clocks show a time that fits, so in real elapsed time through
///   both passes of a repeated hour, and not for times that are skipped.
///
/// That is the rule of Debian's and Vixie's cron, except that there a minute field with a star is
/// enough for the second case, so that `*/20 2 * * *` would not run at all on the day of the gap.
///
/// Two expressions are equal when their text and time zone are, even if others mean the same.
public struct CronExpression: Sendable, Hashable {
  /// The expression, as it was given.
  public let text: String
  /// The time zone, as it was given.
  public let timeZoneName: String
  private let pattern: CronPattern
  private let clock: ZoneClock

  /// Reads an expression.
  ///
  /// - Parameters:
  ///   - text: At most 512 bytes; the syntax is above.
  ///   - timeZone: A name of the tz database that says a place, such as `Europe/Berlin`, or `UTC`
  ///     or `GMT`. Their rules are those of Foundation, which are as old as its release, whatever
  ///     the machine's tzdata.
  /// - Throws: A ``CronError`` that tells the user what to write instead; `neverFires` for days
  ///   that do not exist, such as `0 0 31 2 *`.
  public init(_ text: String, timeZone: String) throws(CronError) {
    pattern = try CronPattern(text)
    guard let clock = ZoneClock(named: timeZone) else {
      throw CronError(
        .unknownTimeZone,
        "The time zone is unknown. Allowed are names such as Europe/Berlin, America/New_York or "
          + "UTC.")
    }
    self.clock = clock
    self.text = text
    timeZoneName = timeZone
  }

  /// The first tick strictly after a date, in whole minutes of the local time.
  ///
  /// Takes a fraction of a millisecond, however far away that is.
  ///
  /// - Returns: `nil` when there is none in 8 years, which happens for dates only that are further
  ///   than 7,900 years from 1970.
  public func next(after date: Date) -> Date? {
    let seconds = date.timeIntervalSince1970.rounded(.down)
    guard abs(seconds) < Self.farthest else { return nil }
    let start = Int(seconds) + 1
    let tick = pattern.followsElapsedTime ? firstShown(from: start) : firstReached(from: start)
    return tick.map { Date(timeIntervalSince1970: Double($0)) }
  }

  /// The ticks after one date and up to another, which may be one.
  ///
  /// - Parameter limit: The most that are returned, the earliest; zero or less for none.
  /// - Returns: In their order, each once.
  public func ticks(after start: Date, through end: Date, limit: Int) -> [Date] {
    var ticks: [Date] = []
    var last = start
    while ticks.count < limit, let tick = next(after: last), tick <= end {
      ticks.append(tick)
      last = tick
    }
    return ticks
  }

  /// In seconds; NaN is beyond it, too.
  private static let farthest = 250e9
}

extension CronExpression {
  /// For times of the day: each local time counts when clocks reach it first.
  private func firstReached(from start: Int) -> Int? {
    pattern.first(from: clock.highest(until: start - 1) + 1).map(clock.reaching)
  }

  /// For expressions of elapsed time: whenever clocks show a time that fits.
  private func firstShown(from start: Int) -> Int? {
    var start = start
    while true {
      let offset = clock.offset(at: start)
      guard let local = pattern.first(from: start + offset) else { return nil }
      // Before then, clocks may be changed.
      guard let change = clock.change(after: start, through: local - offset) else {
        return local - offset
      }
      start = change
    }
  }
}
