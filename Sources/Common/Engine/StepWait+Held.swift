import FoundationEssentials
import Jobs
import Storage

/// What holds a step that something else has to let go on.
extension StepWait {
  // MARK: Limits

  func limited(by key: String) -> WaitReason {
    let place = step.ahead == 0 ? "" : " \(Self.count(step.ahead)) held by it are before this one."
    switch step.limit {
    case nil:
      return reason(
        .limit, "The limit \(key) was lifted.", "It goes on within a second.", ahead: step.ahead,
        WaitReason.Estimate(
          duration: .seconds(1), basis: "what is held in vain is found each second"))
    case 0:
      return reason(
        .limit, "The limit \(key) is 0: none may start.\(place)",
        "An operator raises or lifts it: openclaw limits set \(key) N, or openclaw limits lift "
          + "\(key).", ahead: step.ahead,
        Self.unknown("the limit is 0, so no step that ends lets another one start"))
    case let maximum?:
      let runs = step.holders.running > maximum ? ", and \(step.holders.running) still do" : ""
      return reason(
        .limit, "The limit \(key) lets \(maximum) run at once\(runs).\(place)",
        "One of these ends, or an operator raises the limit: openclaw limits set \(key) N.",
        ahead: step.ahead, limitEstimate(maximum))
    }
  }

  /// As many ends as it takes until it is its turn, from how fast the slots are left.
  private func limitEstimate(_ maximum: Int) -> WaitReason.Estimate {
    let holders = max(1, step.holders.running)
    let ends = step.ahead + 1 + max(0, step.holders.running - maximum)
    let mean: Duration
    let basis: String
    if let meanRun = line.meanRun {
      mean = meanRun
      basis = "a step of \(step.lane) ran \(Self.text(meanRun)) on average over the last minute"
    } else if let age = step.holders.meanAge {
      mean = age
      basis = "they have run for \(Self.text(age)) on average so far"
    } else {
      return Self.unknown("nothing runs under the limit, and nothing like it has ended lately")
    }
    let slots = step.holders.running == 1 ? "1 step runs" : "\(step.holders.running) steps run"
    return WaitReason.Estimate(
      duration: .seconds(Double(ends) * (mean / .seconds(1)) / Double(holders)),
      basis: "\(ends) have to end, \(slots) under it, \(basis)")
  }

  // MARK: Other jobs

  var session: WaitReason {
    guard let other = step.other, step.ahead > 0 else {
      return reason(
        .session, "An earlier job of its session was not over.",
        "It goes on within a second.",
        Self.unknown("sessions are looked through, some thousand jobs in a second or two"))
    }
    let before =
      switch step.ahead {
      case ...1: ""
      case ...Self.countedMost: " \(step.ahead) jobs of the session are before it."
      default: " More than 10,000 jobs of the session are before it."
      }
    return reason(
      .session, "Job \(other.id) of its session \(state(of: other)).\(before)",
      "That job ends or is cancelled: openclaw jobs why \(other.id).", ahead: step.ahead,
      estimate(of: other, jobs: max(1, step.ahead)))
  }

  var child: WaitReason {
    guard let other = step.other else {
      return reason(
        .child, "It waits for a job that it has delegated.", "That job ends or is cancelled.",
        Self.unknown("the delegated job is not known"))
    }
    let why = below.map { " \($0)" } ?? ""
    return reason(
      .child,
      "It waits for job \(other.id) (\(other.target)), which it has delegated and which "
        + "\(state(of: other)).\(why)",
      "That job ends or is cancelled: openclaw jobs why \(other.id).",
      estimate(of: other, jobs: 1))
  }

  private func state(of other: WaitingStep.OtherJob) -> String {
    guard let startedAt = other.startedAt else { return "has not begun" }
    let age = Duration.seconds(max(0, step.readAt.timeIntervalSince(startedAt)))
    return other.isRunning
      ? "runs, since \(Self.text(age)) ago" : "began \(Self.text(age)) ago and waits itself"
  }

  /// Some jobs one after the other, the first of which may run already, from how long earlier ones
  /// took.
  private func estimate(of other: WaitingStep.OtherJob, jobs: Int) -> WaitReason.Estimate {
    guard let mean = other.pastMean else {
      return Self.unknown(
        "no job for \(other.target) has ended among your last \(WaitReader.past) before it")
    }
    let age = other.startedAt.map { step.readAt.timeIntervalSince($0) } ?? 0
    let one = mean / .seconds(1)
    return WaitReason.Estimate(
      duration: .seconds(Double(jobs - 1) * one + max(0, one - age)),
      basis: "\(jobs == 1 ? "1 job" : "\(jobs) jobs") before it; of your last "
        + "\(WaitReader.past) jobs, \(other.pastCount) for \(other.target) took "
        + "\(Self.text(mean)) on average from their start")
  }

  static func text(_ duration: Duration) -> String { "\(tenths(duration / .seconds(1))) s" }
}
