extension JobRecord {
  /// The request that does the job again, as a new one: in its session, told to its webhook, and
  /// after the signal for which it waited, also if that had come to the old one.
  public var again: JobRequest {
    var options = JobOptions()
    options.session = terms.session
    options.webhook = terms.webhook
    options.signal = terms.signal
    return JobRequest(target: target, input: input, priority: priority, options: options)
  }
}
