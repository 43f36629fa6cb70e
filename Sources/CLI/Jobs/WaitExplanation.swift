import Foundation
import Jobs

/// Why a job waits, as lines for people: the summary, then a block for each step.
struct WaitExplanation {
  /// The gateway counts no further.
  private static let mostAhead: Int64 = 10_000

  private let view: WaitView

  init(_ view: WaitView) { self.view = view }

  /// - Parameter now: What times are told from.
  func lines(now: Date) -> [StyledLine] {
    var head = StyledLine("job \(view.job)")
    // Without steps the summary itself tells the state.
    if !view.steps.isEmpty { head = head.adding(" is ").adding(view.state, .bold) }
    head.add(": \(view.summary)")
    return [head] + view.steps.flatMap { ["", Self.title($0)] + details($0, now) }
  }

  private static func title(_ step: WaitView.Step) -> StyledLine {
    let style: StyledLine.Style =
      switch step.cause {
      case "running": .green
      case "no_workers": .red
      default: .yellow
      }
    return StyledLine("  \(step.target)", .bold).adding("  ").adding(step.cause, style)
  }

  private func details(_ step: WaitView.Step, _ now: Date) -> [StyledLine] {
    var facts: [(name: String, text: String)] = []
    // With one step, its reason is the summary most of the time.
    if step.detail != view.summary || view.steps.count > 1 { facts.append(("cause", step.detail)) }
    if let ahead = step.ahead { facts.append(("position", Self.position(ahead))) }
    if let until = step.until, let left = WireTime.ahead(until, of: now) {
      facts.append(("until", "\(left) (\(WireTime.short(until)))"))
    }
    if let estimate = step.estimate {
      let basis = step.basis.map { " (\($0))" } ?? ""
      facts.append(("estimate", "about \(estimate.brief)\(basis)"))
    } else if let basis = step.basis, step.cause != "running" {
      facts.append(("estimate", "none: \(basis)"))
    }
    facts.append(("to go on", step.remedy))
    return facts.filter { !$0.text.isEmpty }.map { name, text in
      StyledLine("    \(name.padded(to: 9)) ", .dim).adding(text)
    }
  }

  /// The place in the line, from 1.
  private static func position(_ ahead: Int64) -> String {
    ahead > mostAhead ? "after more than 10,000 others" : "\(ahead + 1)"
  }
}
