import Jobs

/// Shows what happens to a job until its end: live on a terminal, else as lines.
struct JobFollowing: Sendable {
  let client: GatewayClient
  let console: Console
  /// Where the changes go as a table.
  let screen: Console.Screen

  private static let tick = Duration.milliseconds(100)

  /// Follows the job.
  ///
  /// - Parameter deadline: `nil` follows it for ever.
  /// - Returns: The job as it stands at its end or at the deadline.
  func follow(
    _ job: JobView, until deadline: ContinuousClock.Instant?
  ) async throws -> JobView {
    guard console.isLive(screen) else {
      try await read(job, deadline) { try tell($0) }
      return try await client.job(job.id, knowsGateway: true)
    }
    let live = LiveJobScreen(job, console: console, screen: screen)
    do {
      try await drawn(live) { try await read(job, deadline) { try await live.take($0) } }
      let end = try await client.job(job.id, knowsGateway: true)
      try await live.end(end)
      return end
    } catch {
      try await live.end(nil)
      throw error
    }
  }

  /// Shows a job that was just made, or follows it and shows its end.
  ///
  /// - Returns: How to exit.
  func finish(_ job: JobView, isFollowed: Bool) async throws -> ExitStatus {
    guard isFollowed else {
      try console.show(job: job)
      console.remark("watch it: openclaw jobs watch \(job.id)")
      return .ok
    }
    do {
      return try console.finish(try await follow(job, until: nil))
    } catch {
      throw EnqueueCommand.cut(error, job)
    }
  }

  private func read(
    _ job: JobView, _ deadline: ContinuousClock.Instant?,
    _ onEvent: @escaping @Sendable (JobEventView) async throws -> Void
  ) async throws {
    let follower = JobFollower(client: client)
    _ = try await Deadline.run(until: deadline) {
      try await follower.follow(job.id, onEvent: onEvent)
    }
  }

  /// Runs a body while the clock on the screen goes on.
  private func drawn(
    _ live: LiveJobScreen, _ body: @escaping @Sendable () async throws -> Void
  ) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask(operation: body)
      group.addTask {
        while true {
          try await live.tick()
          try await Task.sleep(for: Self.tick)
        }
      }
      defer { group.cancelAll() }
      try await group.next()
    }
  }

  private func tell(_ event: JobEventView) throws {
    guard let line = event.line else { return }
    if console.format == .table, case .error = screen {
      console.say(line)
    } else {
      try console.showChange(event.document, line: line)
    }
  }
}
