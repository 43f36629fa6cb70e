import Jobs

/// Turns the body of a schedule into a request that is valid in form and allowed.
struct ScheduleSubmission {
  /// The fields of a schedule.
  static let fields: Set<String> = [
    "name", "cron", "time_zone", "target", "input", "priority", "misfire", "misfire_window",
    "overlap", "session_id", "deadline", "max_attempts",
  ]

  let members: [String: JSONValue]
  let principal: Principal

  /// - Throws: ``Problem`` for what is no object and for fields that a schedule does not have.
  init(_ body: JSONValue, principal: Principal) throws(Problem) {
    members = try Problem.members(of: body, known: Self.fields.sorted())
    self.principal = principal
  }

  /// The whole schedule.
  ///
  /// - Parameter old: What it changes; without it, name, cron, target and input must be there.
  /// - Throws: ``Problem`` for what is missing, wrong or not allowed.
  func request(
    changing old: ScheduleRequest? = nil, catalog: CapabilityCatalog
  ) throws -> ScheduleRequest {
    let missing = ["name", "cron", "target", "input"].filter { members[$0] == nil }
    guard old != nil || missing.isEmpty else {
      throw Problem(
        .invalidBody, "The body lacks: \(missing.joined(separator: ", ")).",
        faults: missing.map { .init(pointer: "/\($0)", "Required.") })
    }
    guard old == nil || members["target"] == nil else {
      throw Problem(
        .invalidBody, "A schedule keeps its target.",
        faults: [.init(pointer: "/target", "Make another schedule.")])
    }
    let job = try job(changing: old?.job, catalog: catalog)
    var request = old ?? ScheduleRequest(name: "", cron: "", job: job)
    request.job = job
    if let value = members["name"] { request.name = try name(value) }
    if let value = members["cron"] { request.cron = try text(value, "cron") }
    if let value = members["time_zone"] { request.timeZone = try text(value, "time_zone") }
    if let value = members["misfire"] {
      request.misfire = try word(value, "misfire", MisfirePolicy.allCases, \.name)
    }
    if let value = members["overlap"] {
      request.overlap = try word(value, "overlap", OverlapPolicy.allCases, \.name)
    }
    if let value = members["misfire_window"] {
      request.misfireWindow = try duration(value, "misfire_window")
    }
    return request
  }

  /// What its jobs are, checked as a job is.
  private func job(
    changing old: JobRequest?, catalog: CapabilityCatalog
  ) throws -> JobRequest {
    var body: [String: JSONValue] = [:]
    body["target"] = members["target"] ?? old.map { .string($0.target.description) }
    body["input"] = members["input"] ?? old?.input
    body["priority"] = members["priority"] ?? old.map { .string($0.priority.name) }
    // `null` takes it away.
    for field in ["session_id", "max_attempts"] {
      body[field] = members[field].flatMap { $0 == .null ? nil : $0 }
    }
    let submission = JobSubmission(body: .object(body), principal: principal)
    var request = try submission.request(
      try submission.header(), idempotencyKey: nil, catalog: catalog)
    var options = request.options
    if members["session_id"] == nil { options.session = old?.options.session }
    if members["max_attempts"] == nil {
      options.maximumAttempts = old?.options.maximumAttempts
    }
    options.deadline = try deadline(changing: old?.options.deadline)
    request = JobRequest(
      target: request.target, input: request.input, priority: request.priority, options: options)
    return request
  }

  private func deadline(changing old: Moment?) throws(Problem) -> Moment? {
    guard let value = members["deadline"] else { return old }
    return value == .null ? nil : .after(try duration(value, "deadline"))
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
