import FoundationEssentials
import Jobs
import Storage

/// What keeps a step: a pure decision from its row and from how its pool stands.
struct StepWait: Sendable {
  let step: WaitingStep
  let job: JobID
  let error: StepFailure?
  /// Its place among the steps of its pool.
  var line: LaneLine
  /// What the job waits for that it has delegated, if that is known.
  var below: String?

  init(_ step: WaitingStep, of job: JobID, error: StepFailure?) {
    self.step = step
    self.job = job
    self.error = error
    line = LaneLine(of: step, among: [], raised: [:])
  }

  var reason: WaitReason {
    if let pause = step.pause { return paused(by: pause) }
    switch (step.state, step.heldBy) {
    case (.running, _): return running
    case (.pending, _) where step.startedAt == nil:
      return reason(
        .delay, "It starts at the time that was asked for.", "The time, or an earlier run_at.",
        until: step.readyAt, until("its time"))
    case (.pending, _):
      return reason(
        .retry, failed, "The time of the next attempt.", until: step.readyAt,
        until("the time of the next attempt"))
    case (.held, .session): return session
    case (.held, .child): return child
    case (.held, .signal(let name)):
      return reason(
        .signal, "It waits for the signal '\(name)'.",
        "Send it: openclaw jobs signal \(job) \(name), or POST …/jobs/\(job)/signals/\(name).",
        until: step.signalUntil,
        Self.unknown("whoever sends the signal decides; at `until`, the wait is given up"))
    case (.held, .limit(let key)): return limited(by: key)
    case (.held, _):
      return reason(
        .paused, "It is held by \(step.heldBy?.description ?? "something unknown").",
        "It goes on within a second, unless it is held again.",
        WaitReason.Estimate(
          duration: .seconds(1), basis: "what is held in vain is found each second"))
    default: return queued
    }
  }

  func reason(
    _ cause: WaitReason.Cause, _ detail: String, _ remedy: String, ahead: Int? = nil,
    until: Date? = nil, _ estimate: WaitReason.Estimate
  ) -> WaitReason {
    WaitReason(
      step: step.id, target: step.target, cause: cause, detail: detail, remedy: remedy,
      ahead: ahead, until: until, estimate: estimate)
  }

  static func unknown(_ why: String) -> WaitReason.Estimate { WaitReason.Estimate(basis: why) }

  private func until(_ what: String) -> WaitReason.Estimate {
    until(step.readyAt, what) ?? Self.unknown("its time is not known")
  }

  private func until(_ time: Date?, _ what: String) -> WaitReason.Estimate? {
    time.map { time in
      WaitReason.Estimate(
        duration: .seconds(max(0, time.timeIntervalSince(step.readAt))),
        basis: "\(what); then it waits in its lane")
    }
  }

  // MARK: What runs, what has failed, what is paused

  private var running: WaitReason {
    let place = step.worker.map { " on \($0)" } ?? ""
    return step.isStopping
      ? reason(
        .stopping, "It runs\(place), and is being stopped.",
        "Its worker stops it within two seconds, or its lease runs out.",
        WaitReason.Estimate(
          duration: .seconds(2), basis: "a worker that lives stops it within two seconds"))
      : reason(
        .running, "Attempt \(step.attempt) runs\(place).", "Nothing keeps it.",
        Self.unknown("it does not wait"))
  }

  private var failed: String {
    let why = error.map { "\($0.message) (\($0.code))" } ?? "unknown"
    return error?.class == .rateLimited
      ? "A provider has had enough for now, which takes no attempt: \(why)."
      : "Attempt \(step.attempt) failed: \(why)."
  }

  private func paused(by pause: PauseRecord) -> WaitReason {
    let why = pause.reason.isEmpty ? "." : ": \(pause.reason)"
    return reason(
      .paused, "\(pause.key) was paused by \(pause.owner)\(why)",
      pause.until == nil
        ? "An operator resumes \(pause.key)."
        : "The pause ends by itself, or an operator resumes \(pause.key).",
      until: pause.until,
      until(pause.until, "the end of the pause")
        ?? Self.unknown("the pause has no end: somebody has to resume it"))
  }

  // MARK: Its place in a pool

  private var queued: WaitReason {
    let pool = step.lane.pool
    guard step.workers > 0 else {
      return reason(
        .noWorkers, "No worker serves the pool \(pool).",
        "Start one: openclaw pools scale \(pool) 1, or openclaw-worker --pool \(pool).",
        ahead: line.ahead, Self.unknown("no worker serves the pool"))
    }
    let more = "More workers or slots: openclaw pools scale \(pool) N; or a higher priority."
    guard line.ahead > 0 else {
      return reason(
        .slot,
        "It is the first in \(step.lane), and waits for a free slot of \(step.workers) "
          + "worker\(step.workers == 1 ? "" : "s").", more, ahead: 0, queueEstimate)
    }
    return reason(.queue, queueDetail, more, ahead: line.ahead, queueEstimate)
  }

  private var queueDetail: String {
    guard line.others > 0 else { return "\(Self.count(line.own)) of \(step.lane) start before it." }
    let others = "about \(Self.count(line.others)) of the pool's other lanes"
    return line.own == 0
      ? "It is the first in \(step.lane), but \(others) start before it."
      : "\(Self.count(line.own)) of \(step.lane) and \(others) start before it."
  }

  private var queueEstimate: WaitReason.Estimate {
    guard line.rate > 0 else {
      return Self.unknown("no step of \(step.lane.pool) has started within the last minute")
    }
    let before = line.own > Self.countedMost ? "more than \(Self.countedMost)" : "\(line.ahead)"
    return WaitReason.Estimate(
      duration: .seconds(Double(line.ahead + 1) / line.rate),
      basis: "\(before) before it, \(Self.tenths(line.rate)) starts/s of \(step.lane.pool) over "
        + "the last minute")
  }

  /// Nothing is counted beyond.
  static let countedMost = 10_000

  static func count(_ steps: Int) -> String {
    steps > countedMost ? "More than 10,000 steps" : steps == 1 ? "1 step" : "\(steps) steps"
  }

  static func tenths(_ number: Double) -> String {
    let tenths = Int((number * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
  }
}
