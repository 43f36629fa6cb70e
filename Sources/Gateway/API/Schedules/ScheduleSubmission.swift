import Jobs

/// Turns the body of a schedule into a request, or a change, that is valid in form and allowed.
struct ScheduleSubmission {
  /// The fields of a schedule.
  static let fields = [
    "cron", "deadline", "input", "max_attempts", "max_queued", "misfire", "misfire_window", "name",
    "overlap",
    "priority", "session_id", "target", "time_zone", "timeouts", "webhook",
  ]

  private static let timeoutNames = ["queue", "step", "idle"]

  let members: [String: JSONValue]
  let principal: Principal
  /// Those that it may name.
  var webhooks: [WebhookRecord] = []

  /// - Throws: ``Problem`` for what is no object and for fields that a schedule does not have.
  init(_ body: JSONValue, principal: Principal) throws(Problem) {
    members = try Problem.members(of: body)
    try Problem.refuseUnknown(members.keys.sorted(), ofJob: Self.fields)
    self.principal = principal
  }

  /// Whether the user's webhooks have to be known to check it.
  var namesWebhook: Bool { members["webhook"].map { $0 != .null } ?? false }

  /// A new schedule: name, cron, target and input must be there.
  ///
  /// - Throws: ``Problem`` for what is missing, wrong or not allowed.
  func request(catalog: CapabilityCatalog) throws -> ScheduleRequest {
    let missing = ["name", "cron", "target", "input"].filter { members[$0] == nil }
    guard missing.isEmpty else {
      throw Problem(
        .invalidBody, "The body lacks: \(missing.joined(separator: ", ")).",
        faults: missing.map { .init(pointer: "/\($0)", "Required.") })
    }
    let submission = JobSubmission(body: .object(members), principal: principal)
    let (target, priority) = try checkRights(submission)
    _ = try submission.input(of: target, catalog: catalog)
    let job = JobRequest(target: target, input: .null, priority: priority)
    return try change().applied(to: ScheduleRequest(name: "", cron: "", job: job))
  }

  /// What the body changes of a schedule that is there.
  ///
  /// - Throws: ``Problem`` for what is wrong or not allowed.
  func change(of old: ScheduleRequest, catalog: CapabilityCatalog) throws -> ScheduleChange {
    guard members["target"] == nil else {
      throw Problem(
        .invalidBody, "A schedule keeps its target.",
        faults: [.init(pointer: "/target", "Make another schedule.")])
    }
    var body = members
    body["target"] = .string(old.job.target.description)
    body["input"] = members["input"] ?? .null
    body["priority"] = members["priority"] ?? .string(old.job.priority.name)
    let submission = JobSubmission(body: .object(body), principal: principal)
    let (target, _) = try checkRights(submission)
    if members["input"] != nil { _ = try submission.input(of: target, catalog: catalog) }
    return try change()
  }

  /// Target and priority, which the role must allow.
  private func checkRights(
    _ submission: JobSubmission
  ) throws(Problem) -> (target: Target, priority: Priority) {
    guard case .object(let body) = submission.body else { throw fault("", "An object.") }
    let plain = body.filter { ["target", "input", "priority"].contains($0.key) }
    return try JobSubmission(body: .object(plain), principal: principal).header()
  }

  /// What the body says, the target aside.
  private func change() throws(Problem) -> ScheduleChange {
    var change = ScheduleChange()
    if let value = members["name"] { change.name = try name(value) }
    if let value = members["cron"] { change.cron = try text(value, "cron") }
    if let value = members["time_zone"] { change.timeZone = try text(value, "time_zone") }
    if let value = members["misfire"] {
      change.misfire = try word(value, "misfire", MisfirePolicy.allCases, \.name)
    }
    if let value = members["overlap"] {
      change.overlap = try word(value, "overlap", OverlapPolicy.allCases, \.name)
    }
    if let value = members["misfire_window"] {
      change.misfireWindow = try duration(value, "misfire_window")
    }
    if let value = members["max_queued"] { change.maximumQueued = try maximumQueued(value) }
    change.input = members["input"]
    if members["priority"] != nil {
      change.priority = try JobSubmission.priority(members, allowedTo: principal)
    }
    try read(into: &change)
    return change
  }

  /// Session, deadline, timeouts and webhook of the jobs; `null` takes each of them away.
  private func read(into change: inout ScheduleChange) throws(Problem) {
    if let value = members["deadline"] {
      change.deadline = .some(nil)
      if value != .null { change.deadline = try duration(value, "deadline") }
    }
    let timeouts = try timeouts()
    var body: [String: JSONValue] = [:]
    for field in ["session_id", "webhook", "max_attempts"] {
      body[field] = members[field].flatMap { $0 == .null ? nil : $0 }
    }
    let said = timeouts.filter { $0.value != .null || !Self.timeoutNames.contains($0.key) }
    if !said.isEmpty { body["timeouts"] = .object(said) }
    let options = try JobSubmission(
      body: .object(body), principal: principal, webhooks: webhooks
    ).options()
    if members["session_id"] != nil { change.session = .some(options.session) }
    if members["max_attempts"] != nil { change.maximumAttempts = .some(options.maximumAttempts) }
    if members["webhook"] != nil { change.webhook = .some(options.webhook) }
    if timeouts["queue"] != nil { change.queueTimeout = .some(options.queueTimeout) }
    if timeouts["step"] != nil { change.stepTimeout = .some(options.stepTimeout) }
    if timeouts["idle"] != nil { change.idleTimeout = .some(options.idleTimeout) }
  }

  /// The timeouts that are named; `null` in place of all names each of them.
  private func timeouts() throws(Problem) -> [String: JSONValue] {
    switch members["timeouts"] {
    case nil: return [:]
    case .null?: return Dictionary(Self.timeoutNames.map { ($0, JSONValue.null) }) { $1 }
    case .object(let members)?: return members
    default: throw fault("timeouts", "An object with 'queue', 'step' and 'idle', or null.")
    }
  }

  private func name(_ value: JSONValue) throws(Problem) -> String {
    guard let name = value.text.flatMap({ SessionName($0) }), ScheduleID(name.description) == nil
    else {
      throw fault("name", "\(SessionName.form) No UUID.")
    }
    return name.description
  }

  private func text(_ value: JSONValue, _ field: String) throws(Problem) -> String {
    guard let text = value.text else { throw fault(field, "A string.") }
    return text
  }

  private func maximumQueued(_ value: JSONValue) throws(Problem) -> Int {
    let range = 1...Int64(ScheduleRequest.mostQueued)
    guard let count = value.int, range.contains(count) else {
      throw fault("max_queued", "A whole number from 1 to \(range.upperBound).")
    }
    return Int(count)
  }

  private func duration(_ value: JSONValue, _ field: String) throws(Problem) -> Duration {
    guard let duration = value.text.flatMap(DurationText.parse), duration >= .seconds(1),
      duration <= JobSubmission.horizon
    else { throw fault(field, DurationText.form(insteadOf: value) + " From 1 s to 366 d.") }
    return duration
  }

  private func word<Policy>(
    _ value: JSONValue, _ field: String, _ all: [Policy], _ name: (Policy) -> String
  ) throws(Problem) -> Policy {
    guard let match = all.first(where: { name($0) == value.text }) else {
      throw fault(field, "One of \(all.map(name).joined(separator: ", ")).")
    }
    return match
  }

  private func fault(_ field: String, _ detail: String) -> Problem {
    Problem(
      .invalidBody, "A field has a bad value.", faults: [.init(pointer: "/\(field)", detail)])
  }
}
