import Jobs

/// What one check found.
struct Finding: Sendable, Equatable {
  /// How it stands.
  enum State: String, Sendable {
    case ok
    /// It works, or it will, but somebody should know.
    case warn
    /// Something does not work.
    case fail
  }

  /// A word or two, the same in every run.
  let name: String
  let state: State
  /// One line without a secret.
  let detail: String
  /// What to do; `nil` where nothing is to be done.
  let mend: String?

  static func ok(_ name: String, _ detail: String) -> Finding {
    Finding(name: name, state: .ok, detail: detail, mend: nil)
  }

  static func warn(_ name: String, _ detail: String, mend: String? = nil) -> Finding {
    Finding(name: name, state: .warn, detail: detail, mend: mend)
  }

  static func fail(_ name: String, _ detail: String, mend: String) -> Finding {
    Finding(name: name, state: .fail, detail: detail, mend: mend)
  }

  /// `{"name","state","detail","mend"}`.
  var document: JSONValue {
    [
      "name": .string(name), "state": .string(state.rawValue), "detail": .string(detail),
      "mend": mend.map { .string($0) } ?? .null,
    ]
  }

  /// A line, and one more for what to do.
  var lines: [StyledLine] {
    let (sign, style): (String, StyledLine.Style) =
      switch state {
      case .ok: ("✓", .green)
      case .warn: ("!", .yellow)
      case .fail: ("✗", .red)
      }
    let line = StyledLine("  \(sign) ", style).adding(name.padded(to: 13)).adding(" \(detail)")
    guard let mend else { return [line] }
    return [line, StyledLine("                  → \(mend)", .dim)]
  }
}
