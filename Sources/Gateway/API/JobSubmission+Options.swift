import FoundationEssentials
import Jobs

extension JobSubmission {
  /// The fields that say when and how a job runs.
  static let optionFields: Set<String> = [
    "session_id", "run_at", "delay", "deadline", "timeouts", "max_attempts", "unique_key",
    "unique_scope", "unique_for", "wait_for", "batch_id", "webhook",
  ]
  /// The latest start and deadline, from now.
  static let horizon = Duration.seconds(366 * 86_400)
  /// The longest that a step may run.
  static let stepLimit = Duration.seconds(600)

  /// What the body asks beside target, input and priority.
  ///
  /// - Parameters:
  ///   - mayRepeat: Whether an earlier request may have asked for the same, so that the webhook may
  ///     be gone meanwhile.
  ///   - now: For dates that must not have passed.
  /// - Throws: ``Problem`` naming the fields that are wrong.
  func options(mayRepeat: Bool = false, now: Date = Date()) throws(Problem) -> JobOptions {
    guard case .object(let members) = body, !Self.optionFields.isDisjoint(with: members.keys) else {
      return JobOptions()
    }
    var options = JobOptions()
    var faults: [Problem.Fault] = []
    func take<Value>(_ field: String, _ read: (JSONValue) throws(Problem.Fault) -> Value) -> Value?
    {
      guard let value = members[field] else { return nil }
      do throws(Problem.Fault) { return try read(value) } catch { faults.append(error) }
      return nil
    }
    options.start =
      take("run_at") { value throws(Problem.Fault) in .at(try Self.date(value, "/run_at", now)) }
      ?? take("delay") { value throws(Problem.Fault) in
        .after(try Self.duration(value, "/delay", in: .zero...Self.horizon))
      }
    options.deadline = take("deadline") { value throws(Problem.Fault) in
      try Self.deadline(value, now)
    }
    options.session = take("session_id") { value throws(Problem.Fault) in
      guard let name = value.text.flatMap({ SessionName($0) }) else {
        throw Problem.Fault(
          pointer: "/session_id", SessionName.form)
      }
      return name
    }
    _ = take("timeouts") { value throws(Problem.Fault) in try Self.read(value, into: &options) }
    options.maximumAttempts = take("max_attempts") { value throws(Problem.Fault) in
      try Self.attempts(value)
    }
    options.batch = take("batch_id") { value throws(Problem.Fault) in
      guard let batch = value.text.flatMap({ BatchID($0) }) else {
        throw Problem.Fault(pointer: "/batch_id", "The UUID of an open batch.")
      }
      return batch
    }
    options.signal = take("wait_for") { value throws(Problem.Fault) in
      try Self.signalWait(value)
    }
    options.webhookName = take("webhook") { value throws(Problem.Fault) in
      guard let name = value.text else { throw Self.unknownWebhook }
      options.webhook = webhooks.first { $0.isNamed(name) }?.id
      guard options.webhook != nil || mayRepeat else { throw Self.unknownWebhook }
      return name
    }
    options.uniqueness = uniqueness(members, options.session, &faults)
    faults += Self.conflicts(members, options, now)
    guard faults.isEmpty else {
      throw Problem(.invalidBody, "The job cannot be run as it asks.", faults: faults)
    }
    return options
  }

  /// What is wrong with a batch that the user does not have.
  static let unknownBatch = Problem.Fault(
    pointer: "/batch_id", "The id of an open batch; the user has none such.")

  /// What is wrong with a webhook that the user does not have.
  static let unknownWebhook = Problem.Fault(
    pointer: "/webhook", "The name or id of a webhook; the user has none such.")

  private static func read(
    _ timeouts: JSONValue, into options: inout JobOptions
  ) throws(Problem.Fault) {
    guard case .object(let members) = timeouts else {
      throw Problem.Fault(pointer: "/timeouts", "An object with 'queue', 'step' and 'idle'.")
    }
    for (name, value) in members {
      let pointer = "/timeouts/" + pointerToken(name)
      switch name {
      case "queue":
        options.queueTimeout = try duration(value, pointer, in: .seconds(1)...horizon)
      case "step":
        options.stepTimeout = try duration(value, pointer, in: .seconds(1)...stepLimit)
      case "idle":
        options.idleTimeout = try duration(value, pointer, in: .seconds(1)...stepLimit)
      default: throw Problem.Fault(pointer: pointer, "Unknown; there are 'queue', 'step', 'idle'.")
      }
    }
  }

  private static func attempts(_ value: JSONValue) throws(Problem.Fault) -> Int {
    let range = JobOptions.attemptRange
    guard let number = value.int.flatMap({ Int(exactly: $0) }), range.contains(number) else {
      throw Problem.Fault(
        pointer: "/max_attempts",
        "A whole number from \(range.lowerBound) to \(range.upperBound).")
    }
    return number
  }

  private static func signalWait(_ value: JSONValue) throws(Problem.Fault) -> SignalWait {
    let known = ["signal", "timeout"]
    guard case .object(let members) = value, members.keys.allSatisfy(known.contains) else {
      throw Problem.Fault(pointer: "/wait_for", "An object with 'signal' and 'timeout'.")
    }
    guard let signal = members["signal"]?.text.flatMap(SignalName.init) else {
      throw Problem.Fault(pointer: "/wait_for/signal", SignalName.form)
    }
    guard let timeout = members["timeout"] else { return SignalWait(signal: signal) }
    return SignalWait(
      signal: signal,
      timeout: try duration(
        timeout, "/wait_for/timeout", in: .seconds(1)...SignalWait.longest))
  }

  private func uniqueness(
    _ members: [String: JSONValue], _ session: SessionName?, _ faults: inout [Problem.Fault]
  ) -> Uniqueness? {
    guard let value = members["unique_key"] else {
      for field in ["unique_scope", "unique_for"] where members[field] != nil {
        faults.append(.init(pointer: "/\(field)", "Only beside 'unique_key'."))
      }
      return nil
    }
    var scope = Uniqueness.Scope.user
    if let word = members["unique_scope"] {
      if let known = word.text.flatMap(Uniqueness.Scope.init(rawValue:)) {
        scope = known
      } else {
        faults.append(.init(pointer: "/unique_scope", "One of user, target, session."))
      }
    }
    if scope == .session, members["session_id"] == nil {
      faults.append(.init(pointer: "/unique_scope", "'session' needs a 'session_id'."))
    }
    var period: Duration?
    if let text = members["unique_for"] {
      do throws(Problem.Fault) {
        period = try Self.duration(text, "/unique_for", in: .seconds(1)...Self.horizon)
      } catch { faults.append(error) }
    }
    let made = value.text.flatMap { Uniqueness(key: $0, scope: scope, period: period) }
    if made == nil {
      faults.append(.init(pointer: "/unique_key", "1 to 255 printable ASCII characters."))
    }
    return made
  }

  /// What does not go together.
  private static func conflicts(
    _ members: [String: JSONValue], _ options: JobOptions, _ now: Date
  ) -> [Problem.Fault] {
    var faults: [Problem.Fault] = []
    if members["run_at"] != nil, members["delay"] != nil {
      faults.append(.init(pointer: "/delay", "Either 'run_at' or 'delay'."))
    }
    if options.session != nil, options.start != nil {
      faults.append(
        .init(pointer: "/session_id", "Jobs of a session start in their order, not at a time."))
    }
    if options.signal != nil, options.session != nil || options.start != nil {
      faults.append(
        .init(pointer: "/wait_for", "Not beside 'session_id', 'run_at' or 'delay'."))
    }
    if let start = options.start, let deadline = options.deadline,
      deadline.date(from: now) <= start.date(from: now)
    {
      faults.append(.init(pointer: "/deadline", "Later than the job's start."))
    }
    return faults
  }

  private static func deadline(_ value: JSONValue, _ now: Date) throws(Problem.Fault) -> Moment {
    if let duration = value.text.flatMap(DurationText.parse) {
      guard (.seconds(1)...horizon).contains(duration) else {
        throw Problem.Fault(pointer: "/deadline", "From 1 s to 366 d.")
      }
      return .after(duration)
    }
    guard value.int == nil else {
      throw Problem.Fault(
        pointer: "/deadline", "A time, or: \(DurationText.form(insteadOf: value))")
    }
    let date = try date(value, "/deadline", now)
    guard date > now else { throw Problem.Fault(pointer: "/deadline", "It has passed.") }
    return .at(date)
  }

  private static func date(
    _ value: JSONValue, _ pointer: String, _ now: Date
  ) throws(Problem.Fault) -> Date {
    guard let date = value.text.flatMap(date(ofTimestamp:)) else {
      throw Problem.Fault(
        pointer: pointer, "A time such as '2026-11-22T13:22:09Z' (RFC 3339), with its offset.")
    }
    guard date.timeIntervalSince(now) <= horizon / .seconds(1) else {
      throw Problem.Fault(pointer: pointer, "At most 366 days from now.")
    }
    return date
  }

  private static func duration(
    _ value: JSONValue, _ pointer: String, in range: ClosedRange<Duration>
  ) throws(Problem.Fault) -> Duration {
    guard let duration = value.text.flatMap(DurationText.parse) else {
      throw Problem.Fault(pointer: pointer, DurationText.form(insteadOf: value))
    }
    guard range.contains(duration) else {
      throw Problem.Fault(
        pointer: pointer,
        "From \(Int(range.lowerBound / .seconds(1))) s to \(Int(range.upperBound / .seconds(1))) s."
      )
    }
    return duration
  }
}

extension Moment {
  fileprivate func date(from now: Date) -> Date {
    switch self {
    case .at(let date): date
    case .after(let duration): now + duration / .seconds(1)
    }
  }
}
