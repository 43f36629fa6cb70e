// The time zone database is in Foundation only; FoundationEssentials knows nothing but UTC.
import Foundation
import Jobs

/// `system.clock`: what time it is, in UTC and in a time zone.
struct SystemClock: Skill {
  private let now: @Sendable () -> Date

  /// - Parameter now: The time; the machine's, unless a test gives another.
  init(now: @escaping @Sendable () -> Date = { Date() }) { self.now = now }

  /// It computes.
  var mayBlock: Bool { false }

  /// Without a time zone, the local time is UTC.
  var definition: SkillDefinition {
    SkillDefinition(
      name: "system.clock",
      description: "Tells the time and date, in UTC and in a time zone.",
      input: [
        "type": "object",
        "properties": [
          "time_zone": [
            "type": "string", "minLength": 1, "maxLength": 64, "default": "UTC",
            "description":
              "A name of the IANA time zone database, such as Europe/Berlin, or its city.",
          ]
        ],
        "additionalProperties": false,
      ],
      output: [
        "type": "object",
        "properties": [
          "utc": ["type": "string", "description": "RFC 3339, in UTC."],
          "unix_seconds": ["type": "integer"],
          "time_zone": ["type": "string"],
          "local": ["type": "string", "description": "RFC 3339, with the time zone's offset."],
          "weekday": ["type": "string", "description": "In the time zone, in English."],
          "utc_offset_seconds": ["type": "integer"],
        ],
        "required": [
          "utc", "unix_seconds", "time_zone", "local", "weekday", "utc_offset_seconds",
        ],
        "additionalProperties": false,
      ],
      safety: .pure)
  }

  /// Throws ``StepFailure`` `bad_input`, `unknown_time_zone`.
  func run(_ call: SkillCall) async throws -> JSONValue {
    let name = try call.optionalText("time_zone") ?? "UTC"
    let (zone, shown) = try Self.zone(name)
    // Whole seconds, so that every member tells the same instant.
    let seconds = now().timeIntervalSince1970.rounded(.down)
    let date = Date(timeIntervalSince1970: seconds)
    return [
      "utc": .string(date.formatted(Self.format(.gmt))),
      "unix_seconds": .integer(Int64(exactly: seconds) ?? 0),
      "time_zone": .string(shown),
      "local": .string(date.formatted(Self.format(zone))),
      "weekday": .string(Self.weekday(of: date, in: zone)),
      "utc_offset_seconds": .integer(Int64(zone.secondsFromGMT(for: date))),
    ]
  }

  /// Finds a zone by its name, in any case, or by the city in it: `tokyo` is `Asia/Tokyo`.
  ///
  /// - Returns: The zone, and its name as the database spells it.
  private static func zone(_ name: String) throws -> (TimeZone, String) {
    let wanted = name.utf8.count <= 64 ? name.lowercased().replacing(" ", with: "_") : ""
    if ["utc", "gmt", "z"].contains(wanted) { return (.gmt, "UTC") }
    let all = TimeZone.knownTimeZoneIdentifiers
    let known =
      all.first { $0.lowercased() == wanted }
      ?? all.first { !wanted.isEmpty && $0.lowercased().hasSuffix("/" + wanted) }
    if !wanted.isEmpty, let zone = TimeZone(identifier: known ?? name) {
      return (zone, known ?? zone.identifier)
    }
    throw StepFailure(
      .badInput, code: "unknown_time_zone",
      message: "There is no such time zone; use an IANA name such as Europe/Berlin.")
  }

  private static func format(_ zone: TimeZone) -> Date.ISO8601FormatStyle {
    let style = Date.ISO8601FormatStyle(timeZone: zone).year().month().day()
    return style.time(includingFractionalSeconds: false).timeZone(separator: .colon)
  }

  private static func weekday(of date: Date, in zone: TimeZone) -> String {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = zone
    let names = [
      "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
    ]
    let index = calendar.component(.weekday, from: date) - 1
    return names.indices.contains(index) ? names[index] : ""
  }
}
