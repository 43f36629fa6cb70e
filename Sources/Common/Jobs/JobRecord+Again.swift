public import FoundationEssentials

extension JobRecord {
  /// The request that does the job again, as a new one: in its session, told to its webhook, under
  /// its time-outs and its number of attempts, and after the signal for which it waited, also if that
  /// had come to the old one.
  ///
  /// A deadline that was a length of time begins anew; a point in time stays one unless it has passed.
  /// Its start, its batch and its unique key are not kept.
  public func again(at now: Date) -> JobRequest {
    var options = JobOptions()
    options.session = terms.session
    options.webhook = terms.webhook
    options.signal = terms.signal
    options.queueTimeout = terms.queueTimeout
    options.stepTimeout = terms.stepTimeout
    options.idleTimeout = terms.idleTimeout
    options.maximumAttempts = terms.maximumAttempts
    if let length = terms.deadlineAfter {
      options.deadline = .after(length)
    } else if let deadline = terms.deadline, deadline > now {
      options.deadline = .at(deadline)
    }
    return JobRequest(target: target, input: input, priority: priority, options: options)
  }
}
