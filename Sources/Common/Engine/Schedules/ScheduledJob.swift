import Jobs
import Storage

/// The jobs of schedules.
enum ScheduledJob {
  /// What a job of a schedule asks for: where it may not overlap, it is part of a session of its
  /// schedule.
  static func request(_ schedule: StoredSchedule, input: JSONValue) -> JobRequest {
    let template = schedule.request.job
    var options = template.options
    options.schedule = schedule.id
    if schedule.request.overlap == .queue, options.session == nil {
      options.session = SessionName("schedule:\(schedule.id)")
    }
    return JobRequest(
      target: template.target, input: input, priority: template.priority, options: options)
  }
}
