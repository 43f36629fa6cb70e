import FoundationEssentials
public import Jobs
public import Postgres
public import Storage

/// Tells why a job waits.
public struct JobExplainer: Sendable {
  private let reader: WaitReader
  private let content: SealedContent
  private let monitor: SystemMonitor

  /// `monitor` has the rates that estimates are made of.
  public init(pool: PostgresPool, content: SealedContent, monitor: SystemMonitor) {
    reader = WaitReader(pool: pool)
    self.content = content
    self.monitor = monitor
  }

  /// What keeps each step of a user's job that is not over, in their order, 50 at most, and whether
  /// there are more; nothing for a job that is over.
  ///
  /// - Throws: `PostgresError`.
  public func reasons(
    of job: JobID, user: UserID
  ) async throws -> (waits: [WaitReason], isTruncated: Bool) {
    let steps = try await reader.waiting(of: job, user: user)
    let rates = steps.isEmpty ? [] : try await monitor.lanes().lanes
    let waits = try steps.prefix(WaitReader.limit).map { step in
      let error = try content.openIfPresent(step.error, .stepError, row: step.id.uuid)
        .flatMap(StepFailure.init(json:))
      let lane = rates.first { $0.lane == step.lane }
      return WaitReason(step, of: job, error: error, lane: lane)
    }
    return (waits, steps.count > WaitReader.limit)
  }
}

extension WaitReason {
  /// What a step's row, and how its lane stands, come to: a pure decision.
  init(_ step: WaitingStep, of job: JobID, error: StepFailure?, lane: LaneStatus?) {
    func reason(
      _ cause: Cause, _ detail: String, _ remedy: String, ahead: Int? = nil, until: Date? = nil,
      estimate: Estimate? = nil
    ) -> WaitReason {
      WaitReason(
        step: step.id, target: step.target, cause: cause, detail: detail, remedy: remedy,
        ahead: ahead, until: until, estimate: estimate)
    }
    if let pause = step.pause {
      self = reason(
        .paused, "\(pause.key) was paused by \(pause.owner): \(pause.reason)",
        pause.until == nil
          ? "An operator resumes \(pause.key)."
          : "The pause ends by itself, or an operator resumes \(pause.key).",
        until: pause.until)
      return
    }
    switch (step.state, step.heldBy) {
    case (.running, _):
      let place = step.worker.map { " on \($0)" } ?? ""
      self =
        step.isStopping
        ? reason(
          .stopping, "It runs\(place), and is being stopped.",
          "Its worker stops it within two seconds, or its lease runs out.")
        : reason(.running, "Attempt \(step.attempt) runs\(place).", "Nothing keeps it.")
    case (.pending, _) where step.startedAt == nil:
      self = reason(
        .delay, "It starts at the time that was asked for.", "The time, or an earlier run_at.",
        until: step.readyAt)
    case (.pending, _):
      self = reason(
        .retry,
        Self.failed(step, error), "The time of the next attempt.", until: step.readyAt)
    case (.held, .session):
      self = reason(
        .session, "Job \(step.other?.description ?? "?") of its session is not over.",
        "That job ends or is cancelled.")
    case (.held, .child):
      self = reason(
        .child, "It waits for job \(step.other?.description ?? "?"), which it has delegated.",
        "That job ends or is cancelled.")
    case (.held, .signal(let name)):
      self = reason(
        .signal, "It waits for the signal '\(name)'.",
        "Send it: openclaw jobs signal \(job) \(name), or POST …/jobs/\(job)/signals/\(name).",
        until: step.signalUntil)
    case (.held, .limit(let key)):
      self = reason(
        .limit, "The limit \(key) lets \(step.limit.map(String.init) ?? "no more") run at once.",
        "One of these ends, or an operator raises the limit.", ahead: step.ahead)
    case (.held, _):
      self = reason(
        .paused, "It is held by \(step.heldBy?.description ?? "something unknown").",
        "It goes on within a second, unless it is held again.")
    default: self = Self.queued(step, lane, reason)
    }
  }

  private static func failed(_ step: WaitingStep, _ error: StepFailure?) -> String {
    let why = error.map { "\($0.message) (\($0.code))" } ?? "unknown"
    return error?.class == .rateLimited
      ? "A provider has had enough for now, which takes no attempt: \(why)."
      : "Attempt \(step.attempt) failed: \(why)."
  }

  private static func queued(
    _ step: WaitingStep, _ lane: LaneStatus?,
    _ reason: (Cause, String, String, Int?, Date?, Estimate?) -> WaitReason
  ) -> WaitReason {
    guard step.workers > 0 else {
      return reason(
        .noWorkers, "No worker serves the pool \(step.lane.pool).",
        "Start one: openclaw pools scale \(step.lane.pool) 1, or openclaw-worker --pool "
          + "\(step.lane.pool).", step.ahead, nil, nil)
    }
    let rate = lane?.rateOut ?? 0
    let estimate =
      rate > 0
      ? Estimate(
        duration: .seconds(Double(step.ahead + 1) / rate),
        basis: "\(step.ahead) before it, \(Self.rounded(rate)) starts/s over the last minute")
      : nil
    let more =
      "More workers or slots: openclaw pools scale \(step.lane.pool) N; or a higher priority."
    guard step.ahead > 0 else {
      return reason(
        .slot,
        "It is the first in \(step.lane), and waits for a free slot of \(step.workers) "
          + "worker\(step.workers == 1 ? "" : "s").", more, 0, nil, estimate)
    }
    let count = step.ahead > 10_000 ? "More than 10,000" : "\(step.ahead)"
    return reason(
      .queue, "\(count) steps of \(step.lane) start before it.", more, step.ahead, nil, estimate)
  }

  private static func rounded(_ rate: Double) -> String {
    let tenths = Int((rate * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
  }
}
