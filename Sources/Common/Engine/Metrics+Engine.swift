public import Jobs
import Observability
import Storage

extension Metrics {
  /// Counts what became of requests for jobs.
  func accepted(_ jobs: [NewJob], _ answers: [Result<Acceptance, any Error>]) {
    for (job, answer) in zip(jobs, answers) {
      let lane = job.lane
      switch answer {
      case .success(.stored):
        add(.jobsEnqueued, lane.labels + ["accepted"])
      case .success(.replayed), .success(.duplicate):
        add(.jobsEnqueued, lane.labels + ["replayed"])
      case .failure: add(.jobsEnqueued, lane.labels + ["rejected"])
      }
    }
  }

  /// Counts a request that could not be stored now.
  func rejected(_ request: JobRequest) {
    add(.jobsEnqueued, request.lane.labels + ["rejected"])
  }

  /// Counts a step that became ready.
  func ready(in lane: Lane) { add(.stepsReady, lane.labels) }

  /// Counts tickets that make up for lost ones.
  func rung(_ count: Int, in lane: Lane) {
    add(.reconcilerRung, lane.labels, by: Double(count))
  }

  /// Counts rows that retention has deleted.
  func deleted(_ count: Int, from table: String) {
    if count > 0 { add(.retentionDeleted, [table], by: Double(count)) }
  }

  /// Begins the count of each outcome of ticks at 0, so that the first one shows in a rate.
  func beginTicks() {
    for outcome in TickOutcome.allCases { add(.scheduleTicks, [outcome.rawValue], by: 0) }
  }

  /// Counts what became of ticks of schedules.
  func decided(_ ticks: [TickOutcome]) {
    for outcome in ticks { add(.scheduleTicks, [outcome.rawValue]) }
  }

  /// Counts a batch of a duty that failed.
  func failed(_ duty: String) { add(.dutyFailures, [duty]) }

  /// Counts a step that was claimed.
  func claimed(_ step: ClaimedStep) {
    observe(.jobQueueWait, step.lane.labels, duration: step.waited)
    if step.index == 0, step.run == 1 { add(.jobsStarted, step.lane.labels) }
  }

  /// Counts what committed plans did.
  func ended(_ plans: JobPlans) {
    for plan in plans.all {
      for step in plan.steps where step.state == .ready { ready(in: step.lane) }
      for step in plan.rung { ready(in: step.lane) }
      for lane in plan.retried { add(.jobsRetried, lane.labels) }
      for lane in plan.deadLettered { add(.jobsDeadLettered, lane.labels) }
      guard plan.endsJob else { continue }
      add(.jobsCompleted, plan.lane(of: plan.job.target).labels + [plan.job.state.name])
    }
  }
}

extension Lane {
  /// Its values for the metrics' labels `pool` and `priority`.
  public var labels: [String] { [pool.name, priority.name] }
}
