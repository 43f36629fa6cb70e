import Jobs

extension JobEventView {
  /// One line for people: the time of day, and what happened.
  ///
  /// - Returns: `nil` for text, which is no change of state.
  var line: String? {
    guard let what = what else { return nil }
    return TerminalText.neutralized("\(clock)  \(what)", keepsLines: false)
  }

  /// The same with its number, its type and a beginning of its text, for who looks at the events
  /// themselves.
  var detailedLine: String {
    let number = sequence.map(String.init) ?? "live"
    let line = "\(number.padded(to: 5)) \(clock)  \(type.padded(to: 14)) \(detail)"
    return TerminalText.neutralized(line, keepsLines: false)
  }

  /// The time of day when it happened.
  private var clock: String { Self.clock(time) ?? "--:--:--" }

  /// The time of day of an RFC 3339 time, to the second.
  fileprivate static func clock(_ time: String?) -> String? {
    guard let time, time.utf8.count >= 19 else { return nil }
    return String(decoding: time.utf8.dropFirst(11).prefix(8), as: UTF8.self)
  }

  private var what: String? {
    switch content {
    case .text: return nil
    case .state(let state): return "job: \(state.name)"
    case .step(let step): return "  \(step.summary)"
    case .ended(let state, let problem):
      return "job: \(state.name)" + (problem.map { "  \($0)" } ?? "")
    case .change(let fields): return "job: changed \(fields.joined(separator: ", "))"
    case .other: return type
    }
  }

  private var detail: String {
    switch content {
    case .text(let delta):
      let place = "\(delta.attempt)@\(delta.offset)+\(delta.length)"
      return delta.text.map { "\(place) \($0)" } ?? place
    case .state(let state): return state.name
    case .step(let step): return step.summary
    case .ended(_, let problem): return problem ?? ""
    case .change(let fields): return fields.joined(separator: ", ")
    case .other: return ""
    }
  }
}

extension JobEventView.StepEvent {
  /// Kind, name, state, the attempt if it was not the first, and why it failed.
  fileprivate var summary: String {
    var text = "\(kind) \(name): \(state ?? "changed")"
    if state == "pending" {
      let time = JobEventView.clock(retryAt).map { " at \($0)" } ?? ""
      text = "\(kind) \(name): to be tried again\(time)"
    }
    if attempt > 1 { text += " (attempt \(attempt))" }
    return text + (problem.map { ": \($0)" } ?? "")
  }
}
