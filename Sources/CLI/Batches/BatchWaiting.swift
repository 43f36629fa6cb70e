import Jobs

/// Waits for a batch's end by long polls, and draws on a terminal how far it is.
struct BatchWaiting: Sendable {
  let client: GatewayClient
  let console: Console

  /// How often the line on a terminal is drawn again, in seconds.
  private static let look = 1

  /// - Parameter deadline: `nil` waits for ever.
  /// - Returns: The batch as it stands at its end or at the deadline.
  func wait(
    for batch: BatchView, until deadline: ContinuousClock.Instant?
  ) async throws -> BatchView {
    var region = LiveRegion()
    do {
      let end = try await end(of: batch, until: deadline, &region)
      try close(&region)
      return end
    } catch {
      try close(&region)
      throw error
    }
  }

  private func end(
    of batch: BatchView, until deadline: ContinuousClock.Instant?, _ region: inout LiveRegion
  ) async throws -> BatchView {
    var batch = batch
    let isLive = console.isLive(.error)
    let longest = isLive ? Self.look : GatewayClient.longestWait
    while !batch.isFinished {
      if isLive { try draw(batch, &region) }
      let left = deadline.map { $0 - ContinuousClock.now } ?? .seconds(longest)
      guard left > .zero else { break }
      let start = ContinuousClock.now
      batch = try await client.batch(
        batch.id, wait: min(longest, Int(left.components.seconds) + 1), knowsGateway: true)
      // A gateway that answers at once is not asked all the time.
      let rest = Duration.milliseconds(250) - (ContinuousClock.now - start)
      if !batch.isFinished, rest > .zero { try await client.rest(rest) }
    }
    return batch
  }

  /// What is drawn in place: `closed  40 of 100 over  2 failed`.
  static func line(_ batch: BatchView) -> StyledLine {
    var line = StyledLine("  ").adding(batch.stateText, .bold)
      .adding("  \(batch.total - batch.pending) of \(batch.total) over")
    for end in [JobState.failed, .cancelled, .expired] where batch.count(end) > 0 {
      line.add("  \(batch.count(end)) \(end.name)", .red)
    }
    return line
  }

  private func draw(_ batch: BatchView, _ region: inout LiveRegion) throws {
    let frame = region.frame(
      lines: [Self.line(batch)], size: console.surroundings.terminalSize(),
      isColored: console.isErrorColored)
    try console.draw(frame, on: .error)
  }

  private func close(_ region: inout LiveRegion) throws {
    let size = console.surroundings.terminalSize()
    try console.draw(region.end(size: size, isColored: console.isErrorColored), on: .error)
  }
}
