import Jobs

/// Turns the body of `POST /api/v1/jobs` into a request that is valid and allowed.
struct JobSubmission {
  /// The fields of the interface that this version takes.
  static let fields = optionFields.union(["target", "input", "priority"])
  /// The fields of the interface that it does not support yet.
  static let unbuiltFields: Set<String> = ["budget", "tags"]

  let body: JSONValue
  let principal: Principal
  /// Those that the job may name.
  var webhooks: [WebhookRecord] = []

  /// Whether the user's webhooks have to be known to check it.
  var namesWebhook: Bool { body["webhook"] != nil }

  /// The target and priority, before anything else is asked of the system.
  ///
  /// - Throws: ``Problem`` when the body's form is wrong or the role forbids it.
  func header() throws(Problem) -> (target: Target, priority: Priority) {
    let members = try Problem.members(of: body)
    try checkFields(members)
    let target = try target(members)
    guard !target.isInternal else {
      throw Problem(
        .targetNotAllowed, "Only the system makes jobs for this target.",
        faults: [.init(pointer: "/target", "Not allowed.")])
    }
    guard principal.role.allows(target) else {
      throw Problem(
        .targetNotAllowed, "The role '\(principal.role.name)' does not allow this target.",
        faults: [.init(pointer: "/target", "Not allowed.")])
    }
    return (target, try Self.priority(members, allowedTo: principal))
  }

  /// The whole request, once the catalogue is known.
  ///
  /// - Parameters:
  ///   - header: What ``header()`` has found.
  ///   - idempotencyKey: With one, a webhook that the user does not have is left to whoever knows
  ///     what the key stands for; see ``Jobs/JobOptions/lacksWebhook``.
  /// - Throws: ``Problem`` when no worker serves the target or the input does not fit it.
  @inline(never)  // Inlined into functions that suspend, it crashes the optimizer of Swift 6.3.
  func request(
    _ header: (target: Target, priority: Priority), idempotencyKey: String?,
    catalog: CapabilityCatalog
  ) throws -> JobRequest {
    let (target, priority) = header
    return JobRequest(
      target: target, input: try input(of: target, catalog: catalog), priority: priority,
      idempotencyKey: idempotencyKey, options: try options(mayRepeat: idempotencyKey != nil))
  }

  /// The body's input; for a skill that needs none, `{}` without one.
  ///
  /// - Throws: ``Problem`` when no worker serves the target, or the input is missing or does not fit
  ///   it.
  func input(of target: Target, catalog: CapabilityCatalog) throws -> JSONValue {
    let given = body["input"]
    switch target {
    case .agent(let name):
      guard catalog.agents[name] != nil else { throw unknownTarget(catalog) }
      guard let given else { throw Self.lacking(["input"]) }
      try JobSubmission.checkAgentInput(given)
      return given
    case .skill(let name):
      guard let skill = catalog.skills[name] else { throw unknownTarget(catalog) }
      let violations = try JSONSchema(skill.input).violations(of: given ?? [:])
      guard violations.isEmpty || given != nil else { throw Self.lacking(["input"]) }
      try JobSubmission.check(violations, of: skill)
      return given ?? [:]
    }
  }

  private static func lacking(_ fields: [String]) -> Problem {
    Problem(
      .invalidBody, "The body lacks: \(fields.joined(separator: ", ")).",
      faults: fields.map { .init(pointer: "/\($0)", "Required.") })
  }

  private func checkFields(_ members: [String: JSONValue]) throws(Problem) {
    // By bytes: a look-alike in another normal form is another name.
    func isIn(_ set: Set<String>, _ name: String) -> Bool {
      set.contains { $0.utf8.elementsEqual(name.utf8) }
    }
    let names = members.keys.filter { !isIn(Self.fields, $0) }.sorted()
    let unbuilt = names.filter { isIn(Self.unbuiltFields, $0) }
    guard unbuilt.isEmpty else {
      throw Problem(
        .fieldNotSupportedYet,
        "This version does not support: \(unbuilt.joined(separator: ", ")).",
        faults: unbuilt.map { .init(pointer: "/\($0)", "Not supported yet.") })
    }
    guard names.isEmpty else {
      throw Problem(
        .unknownField, "Known are \(Self.fields.sorted().joined(separator: ", ")).",
        faults: names.prefix(20).map { .init(pointer: "/" + pointerToken($0), "Unknown field.") })
    }
    // A skill may do without an input; an agent does not.
    let isForSkill = members["target"]?.text?.utf8.starts(with: "skill:".utf8) ?? false
    let missing = (isForSkill ? ["target"] : ["target", "input"]).filter { members[$0] == nil }
    guard missing.isEmpty else { throw Self.lacking(missing) }
  }

  private func target(_ members: [String: JSONValue]) throws(Problem) -> Target {
    guard let text = members["target"]?.text else {
      throw Problem(
        .invalidBody, "The target must be a string.",
        faults: [.init(pointer: "/target", "A string.")])
    }
    if let target = Target(text) { return target }
    if text.utf8.starts(with: "model:".utf8) {
      throw Problem(
        .fieldNotSupportedYet, "This version does not support targets of the form 'model:…'.",
        faults: [.init(pointer: "/target", "Not supported yet.")])
    }
    throw Problem(
      .invalidBody, "The target has neither form.",
      faults: [
        .init(pointer: "/target", "'agent:<name>' or 'skill:<namespace>.<verb>', in lower case.")
      ])
  }

  /// The body's priority, `normal` without one.
  ///
  /// - Throws: ``Problem`` for one that is none, or that the role does not allow.
  static func priority(
    _ members: [String: JSONValue], allowedTo principal: Principal
  ) throws(Problem) -> Priority {
    var priority = Priority.normal
    if let value = members["priority"] {
      guard let named = value.text.flatMap(Priority.init(name:)) else {
        throw Problem(
          .unknownPriority, "The priority is one of urgent, high, normal, low.",
          faults: [.init(pointer: "/priority", "One of urgent, high, normal, low.")])
      }
      priority = named
    }
    guard priority >= principal.role.maximumPriority else {
      throw Problem(
        .priorityNotAllowed,
        "The role '\(principal.role.name)' allows at most '\(principal.role.maximumPriority.name)'.",
        faults: [.init(pointer: "/priority", "Too urgent.")])
    }
    return priority
  }

  private func unknownTarget(_ catalog: CapabilityCatalog) -> Problem {
    let known =
      catalog.agents.keys.map(Target.agent) + catalog.skills.keys.map(Target.skill)
    let allowed = known.filter { principal.role.allows($0) && !$0.isInternal }
      .map(\.description).sorted()
    return Problem(
      .unknownTarget, "No worker serves this target.",
      faults: [.init(pointer: "/target", "One of the targets in 'known'.")],
      members: ["known": .array(allowed.map(JSONValue.string))])
  }
}

extension JobSubmission {
  /// An agent takes a non-empty string, or an object with nothing but such a `message`.
  private static func checkAgentInput(_ input: JSONValue) throws(Problem) {
    do throws(StepFailure) {
      _ = try AgentInput.message(of: input)
    } catch {
      let detail = "A string, or an object with a string 'message' and nothing else; not empty."
      throw Problem(.invalidInput, detail, faults: faults(of: input, detail))
    }
  }

  /// Where an input that no agent takes is wrong.
  private static func faults(of input: JSONValue, _ detail: String) -> [Problem.Fault] {
    guard case .object(let members) = input else { return [.init(pointer: "/input", detail)] }
    let unknown = members.keys.filter { !$0.utf8.elementsEqual("message".utf8) }.sorted()
    guard !unknown.isEmpty else { return [.init(pointer: "/input/message", detail)] }
    return unknown.prefix(20).map {
      .init(pointer: "/input/" + pointerToken($0), "Unknown field.")
    }
  }

  private static func check(
    _ violations: [JSONViolation], of skill: SkillDefinition
  ) throws(Problem) {
    guard violations.isEmpty else {
      throw Problem(
        .invalidInput, "The input does not fit the skill '\(skill.name)'.",
        faults: violations.map { .init(pointer: "/input" + $0.pointer, $0.detail) })
    }
  }
}

/// A reference token of a JSON pointer (RFC 6901): `~` becomes `~0`, `/` becomes `~1`.
func pointerToken(_ name: String) -> String {
  name.replacing("~", with: "~0").replacing("/", with: "~1")
}
