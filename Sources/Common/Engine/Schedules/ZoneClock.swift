// FoundationEssentials alone has no named time zones.
import Foundation

/// The clocks on the walls of a time zone, and when they are put forward or back.
///
/// Instants are Unix times, in whole seconds. Local times are what the clocks show, counted from
/// their 1970-01-01 00:00 in seconds as if no clock was ever changed.
struct ZoneClock: Sendable, Hashable {
  private let zone: TimeZone

  /// No clock is further from UTC; local mean times are, with 15 h 14 min, the furthest ever.
  static let farthest = 16 * 3600

  /// Two changes of a zone's clocks are 95 hours apart or more in all of the tz database, so no day
  /// hides two of them, and no span of twice `farthest` has two.
  private static let stride = 86_400

  /// Takes a name of the tz database that says a place, such as `Europe/Berlin`, or `UTC` or `GMT`;
  /// `nil` for another. Foundation also knows abbreviations, but as it likes: `BST` is Bangladesh.
  init?(named name: String) {
    guard name.utf8.count <= 64, name.contains("/") || name == "UTC" || name == "GMT",
      let zone = TimeZone(identifier: name)
    else { return nil }
    self.zone = zone
  }

  /// How far clocks are ahead of UTC at an instant, in seconds.
  func offset(at instant: Int) -> Int {
    zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(instant)))
  }

  /// The first instant after `start`, up to and with `end`, at which clocks are put forward or
  /// back: it is the first one with the new offset.
  func change(after start: Int, through end: Int) -> Int? {
    let offset = offset(at: start)
    var (low, high) = (start, start)
    while low < end {
      high = min(low + Self.stride, end)
      if self.offset(at: high) != offset { break }
      low = high
    }
    guard low < end else { return nil }
    while high - low > 1 {
      let middle = low + (high - low) / 2
      if self.offset(at: middle) == offset { low = middle } else { high = middle }
    }
    return high
  }

  /// The latest local time that clocks have shown up to an instant: after they were put back, it
  /// is for a while later than what they show.
  func highest(until instant: Int) -> Int {
    let local = instant + offset(at: instant)
    guard let change = change(after: instant - 2 * Self.farthest, through: instant) else {
      return local
    }
    return max(local, change - 1 + offset(at: change - 1))
  }

  /// The first instant at which clocks show a local time or a later one. When they skip it, that
  /// is the first one after the gap; when they show it twice, the first of the two.
  func reaching(_ local: Int) -> Int {
    let start = local - Self.farthest
    let instant = local - offset(at: start)
    guard let change = change(after: start, through: local + Self.farthest), change <= instant
    else { return instant }
    return max(change, local - offset(at: change))
  }
}
