import Foundation
import Jobs

/// Draws a job on a terminal while it goes on.
actor LiveJobScreen {
  private let console: Console
  private let screen: Console.Screen
  private let start: ContinuousClock.Instant
  private var view: LiveJobView
  private var region = LiveRegion()
  private var ticks = 0

  init(_ job: JobView, console: Console, screen: Console.Screen) {
    self.console = console
    self.screen = screen
    view = LiveJobView(job)
    // A clock that goes wrong makes a job too old or too young; its steps are timed by one clock.
    let age = WireTime.span(WireTime.date(job.time("created_at")), Date.now) ?? .zero
    start = ContinuousClock.now - age
  }

  /// Shows an event.
  func take(_ event: JobEventView) throws {
    try draw(staying: view.take(event))
  }

  /// Moves the clock on.
  func tick() throws {
    ticks += 1
    try draw(staying: [])
  }

  /// Takes away what does not stay, and shows the cursor.
  ///
  /// - Parameter job: As it ended; `nil` when nobody knows.
  func end(_ job: JobView?) throws {
    let staying = job.flatMap { $0.state.isFinal ? [LiveJobView.summary(of: $0)] : nil } ?? []
    try console.draw(
      region.end(
        staying: staying, size: console.surroundings.terminalSize(), isColored: isColored),
      on: screen)
  }

  private var isColored: Bool {
    switch screen {
    case .output: console.isColored
    case .error: console.isErrorColored
    }
  }

  private func draw(staying: [StyledLine]) throws {
    let size = console.surroundings.terminalSize()
    let lines = view.lines(elapsed: ContinuousClock.now - start, tick: ticks, size: size)
    try console.draw(
      region.frame(staying: staying, lines: lines, size: size, isColored: isColored), on: screen)
  }
}
