import ArgumentParser
import Foundation
import Jobs

/// A length of time as users write it, such as `90s` or `1h30m`; it is sent as it was written.
struct DurationArgument: ExpressibleByArgument, Sendable, Equatable {
  let text: String

  /// - Returns: `nil` for another form than that of `DurationText`.
  init?(argument: String) {
    guard DurationText.parse(argument) != nil else { return nil }
    text = argument
  }
}

/// A point in time with its offset (RFC 3339), such as `2026-11-22T15:22:09+02:00`; it is sent as it
/// was written.
struct TimeArgument: ExpressibleByArgument, Sendable, Equatable {
  let text: String

  /// - Returns: `nil` for another form; whether there is such a day, the gateway says.
  init?(argument: String) {
    let form =
      #/
      [0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?
      ([Zz]|[+-][0-9]{2}:[0-9]{2})
      /#
    guard argument.wholeMatch(of: form) != nil else { return nil }
    text = argument
  }
}

/// A point in time, or how long it is until then.
struct MomentArgument: ExpressibleByArgument, Sendable, Equatable {
  let text: String

  init?(argument: String) {
    guard
      let text = DurationArgument(argument: argument)?.text
        ?? TimeArgument(argument: argument)?.text
    else { return nil }
    self.text = text
  }

  /// The point in time, as the gateway takes it; a duration is how long ago it was, by this machine's
  /// clock.
  var ago: String {
    guard let duration = DurationText.parse(text) else { return text }
    return timestamp(Date.now - duration / .seconds(1)) ?? text
  }
}
