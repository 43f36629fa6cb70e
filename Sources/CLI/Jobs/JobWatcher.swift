import Jobs

/// Follows a job by long polls until it is over or the time is up.
struct JobWatcher {
  let client: GatewayClient
  let pause: @Sendable (Duration) async throws -> Void

  /// A poll that comes back sooner than this is followed by a pause.
  private static let shortestPoll = Duration.milliseconds(250)

  /// Waits for the job's end without looking at its steps.
  ///
  /// - Parameter deadline: `nil` waits for ever.
  /// - Returns: The job as it stands at its end or at the deadline.
  func end(of job: JobView, until deadline: ContinuousClock.Instant?) async throws -> JobView {
    var job = job
    while !job.state.isFinal, let seconds = Self.poll(GatewayClient.longestWait, deadline) {
      job = try await polled(job.id, seconds: seconds)
    }
    return job
  }

  /// Follows the job and its steps.
  ///
  /// - Parameters:
  ///   - deadline: `nil` follows it for ever.
  ///   - onChange: Gets each change in order.
  /// - Returns: The job as it stands at its end or at the deadline.
  func follow(
    _ id: JobID, until deadline: ContinuousClock.Instant?,
    onChange: (JobChange) throws -> Void
  ) async throws -> JobView {
    var progress = JobProgress()
    var job = try await client.job(id)
    var shown: Int64?
    while true {
      if job.version != shown || job.state.isFinal {
        let steps = try await client.steps(of: id, knowsGateway: true)
        for change in progress.update(job, steps) { try onChange(change) }
        shown = job.version
      }
      // The gateway answers a long poll at the job's end only, so steps show once a second.
      guard !job.state.isFinal, let seconds = Self.poll(1, deadline) else { return job }
      job = try await polled(id, seconds: seconds)
    }
  }

  private func polled(_ id: JobID, seconds: Int) async throws -> JobView {
    let start = ContinuousClock.now
    let job = try await client.job(id, wait: seconds, knowsGateway: true)
    let rest = Self.shortestPoll - (ContinuousClock.now - start)
    if !job.state.isFinal, rest > .zero {
      do {
        try await pause(rest)
      } catch {
        throw CommandError.interrupted
      }
    }
    return job
  }

  /// Whole seconds for the next poll; `nil` when the time is up.
  private static func poll(_ most: Int, _ deadline: ContinuousClock.Instant?) -> Int? {
    guard let deadline else { return most }
    let left = deadline - ContinuousClock.now
    return left > .zero ? min(most, Int(left.components.seconds) + 1) : nil
  }
}
