/// What a user asks to have changed of a schedule, valid in form; the rest stays as it is.
public struct ScheduleChange: Sendable, Hashable {
  /// See ``ScheduleRequest``.
  public var name: String?, cron: String?, timeZone: String?, input: JSONValue?
  /// See ``ScheduleRequest``.
  public var priority: Priority?, misfire: MisfirePolicy?, misfireWindow: Duration?
  /// See ``ScheduleRequest``.
  public var overlap: OverlapPolicy?, maximumQueued: Int?
  /// The new session of its jobs; `.some(nil)` takes it away, here and in the following.
  public var session: SessionName??
  /// How long a job may take from its making on.
  public var deadline: Duration??
  /// See ``JobOptions``.
  public var queueTimeout: Duration??, stepTimeout: Duration??, idleTimeout: Duration??
  /// See ``JobOptions``.
  public var maximumAttempts: Int??
  /// The endpoint that is told of the ends of its jobs.
  public var webhook: WebhookID??

  /// Changes nothing.
  public init() {}

  /// The schedule as it is then.
  public func applied(to old: ScheduleRequest) -> ScheduleRequest {
    var new = old
    if let name { new.name = name }
    if let cron { new.cron = cron }
    if let timeZone { new.timeZone = timeZone }
    if let misfire { new.misfire = misfire }
    if let misfireWindow { new.misfireWindow = misfireWindow }
    if let overlap { new.overlap = overlap }
    if let maximumQueued { new.maximumQueued = maximumQueued }
    var options = old.job.options
    if let session { options.session = session }
    if let deadline { options.deadline = deadline.map { .after($0) } }
    if let queueTimeout { options.queueTimeout = queueTimeout }
    if let stepTimeout { options.stepTimeout = stepTimeout }
    if let idleTimeout { options.idleTimeout = idleTimeout }
    if let maximumAttempts { options.maximumAttempts = maximumAttempts }
    if let webhook { options.webhook = webhook }
    new.job = JobRequest(
      target: old.job.target, input: input ?? old.job.input,
      priority: priority ?? old.job.priority, options: options)
    return new
  }
}
