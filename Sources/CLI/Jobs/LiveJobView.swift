import Foundation
import Jobs

/// What a terminal shows of a job while it goes on: steps as lines that stay, and below them the
/// state with the time so far and the end of the text that is being written.
struct LiveJobView {
  private static let spinner = Array("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏")
  /// The most lines of text that are shown while it is written.
  private static let textLines = 12

  private let target: String
  private var state: JobState
  private var assembly = StreamedText()
  private var text = ""
  /// A turn's text is told in a line once something follows it: the last one is the result.
  private var quote: String?
  private var lastChange: Date?
  private var lastTurn: Date?

  init(_ job: JobView) {
    target = job.target
    state = job.state
    lastChange = WireTime.date(job.time("created_at"))
  }

  /// Takes an event.
  ///
  /// - Returns: Lines that stay.
  mutating func take(_ event: JobEventView) -> [StyledLine] {
    let time = WireTime.date(event.time)
    switch event.content {
    case .text(let delta):
      take(delta)
      // Between two turns the history says that the job waits; who writes, runs.
      state = .running
      return []
    case .state(let state):
      self.state = state
      if state == .running { lastChange = time }
      return takeQuote()
    case .step(let step):
      let lines = takeQuote() + [line(for: step, at: time)]
      if step.kind == StepKind.agentTurn.name {
        lastTurn = time
        // The text of an attempt that failed is void.
        quote = text.isEmpty || step.state != StepState.done.name ? nil : text
      }
      text = ""
      lastChange = time
      return lines
    case .ended(let state, _):
      self.state = state
      return []
    case .change(let fields):
      return [StyledLine("  · changed \(fields.joined(separator: ", "))", .dim)]
    case .other:
      return []
    }
  }

  /// What is drawn in place.
  ///
  /// - Parameters:
  ///   - elapsed: Since the job was accepted.
  ///   - tick: Counts up as time passes.
  func lines(elapsed: Duration, tick: Int, size: TerminalSize) -> [StyledLine] {
    let sign = Self.spinner[tick % Self.spinner.count]
    var lines = [
      StyledLine("  \(sign) ", .cyan).adding(state.name, .bold)
        .adding("  \(target)").adding("  \(elapsed.brief)", .dim)
    ]
    guard !text.isEmpty else { return lines }
    let room = max(1, min(Self.textLines, size.rows - 3))
    let tail = TerminalText.neutralized(
      String(text.suffix(room * size.columns)), keepsLines: true)
    for row in tail.wrapped(to: size.columns - 6).suffix(room) {
      lines.append(StyledLine("  │ ", .dim).adding(row))
    }
    return lines
  }

  /// The last line, for a job that is over.
  static func summary(of job: JobView) -> StyledLine {
    let took = WireTime.span(
      WireTime.date(job.time("created_at")), WireTime.date(job.time("finished_at")))
    let isGood = job.state == .succeeded
    return StyledLine(isGood ? "  ✓ " : "  ✗ ", isGood ? .green : .red)
      .adding(job.state.name, .bold).adding(took.map { " in \($0.brief)" } ?? "", .dim)
  }

  private mutating func take(_ delta: TextDelta) {
    switch assembly.take(delta) {
    case .nothing: break
    case .text(let more): text += more
    case .restart(let start): text = start
    }
  }

  private mutating func takeQuote() -> [StyledLine] {
    guard let quote else { return [] }
    self.quote = nil
    let line = quote.split { $0.isNewline || $0 == " " }.joined(separator: " ")
    return [StyledLine("    “\(line)”", .dim)]
  }

  /// How long a step took, the wait for its worker included: a turn since what came before it, all
  /// that a turn asks for (a call, a job, a signal) since that turn.
  private func line(for step: JobEventView.StepEvent, at time: Date?) -> StyledLine {
    let isTurn = step.kind == StepKind.agentTurn.name
    let took = WireTime.span(isTurn ? lastChange : lastTurn ?? lastChange, time)
    let (sign, style): (String, StyledLine.Style) =
      switch step.state {
      case "done", nil: ("✓", .green)
      case "dead": ("✗", .red)
      case "pending", "ready": ("↻", .yellow)
      default: ("–", .dim)
      }
    let tries = step.attempt > 1 ? "  attempt \(step.attempt)" : ""
    let end = ["done", nil].contains(step.state) ? "" : "  \(step.state ?? "")"
    return StyledLine("  \(sign) ", style)
      .adding("\(step.kind) \(step.name)".padded(to: 27))
      .adding("  " + (took?.brief ?? ""), .dim).adding(end, style).adding(tries, .dim)
  }
}
