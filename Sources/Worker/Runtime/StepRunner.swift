public import Engine
public import Jobs
public import Logging
public import Observability

/// Runs one claimed step: from its input to its outcome. Writes nothing.
public struct StepRunner: Sendable {
  private let agents: [String: any Agent]
  private let skills: [String: any Skill]
  /// Made once: reading a schema costs more than a short call.
  private let checks: [String: Result<SkillCallCheck, any Error>]
  private let model: any ModelCalling
  private let catalog: @Sendable () async throws -> CapabilityCatalog
  private let effects: EffectJournal
  private let ledger: ExecutionLedger?
  private let metrics: Metrics
  private let logger: Logger

  /// - Parameters:
  ///   - catalog: All skills of the running system, also those of other workers.
  ///   - effects: Where unsafe skills are announced before they are called.
  ///   - ledger: Where tests have executions written down.
  public init(
    agents: [any Agent], skills: [any Skill], model: any ModelCalling,
    catalog: @escaping @Sendable () async throws -> CapabilityCatalog, effects: EffectJournal,
    ledger: ExecutionLedger? = nil, metrics: Metrics = Metrics(), logger: Logger
  ) {
    self.metrics = metrics
    self.agents = Dictionary(agents.map { ($0.definition.name, $0) }) { _, last in last }
    self.skills = Dictionary(skills.map { ($0.definition.name, $0) }) { _, last in last }
    checks = self.skills.mapValues { skill in
      Result { try SkillCallCheck(skills: [skill.definition]) }
    }
    self.model = model
    self.catalog = catalog
    self.effects = effects
    self.ledger = ledger
    self.logger = logger
  }

  /// What a worker announces for the pools that it serves.
  public func capabilities(
    of pools: [Pool]
  ) -> (agents: [AgentDefinition], skills: [SkillDefinition]) {
    (
      agents.values.map(\.definition).filter { pools.contains(Target.agent($0.name).pool) },
      skills.values.map(\.definition).filter { pools.contains(Target.skill($0.name).pool) }
    )
  }

  /// Whether the step may block its thread. A model is asked without blocking.
  func mayBlock(_ step: ClaimedStep) -> Bool {
    guard case .skill(let name) = step.target else { return false }
    return skills[name]?.mayBlock ?? false
  }

  /// How often the step may be tried; `nil` for as often as any.
  func attempts(at step: ClaimedStep) -> Int? {
    guard case .skill(let name) = step.target else { return nil }
    return skills[name]?.definition.attempts
  }

  /// Does the step's work.
  ///
  /// - Parameters:
  ///   - text: Gets what an agent's turn writes, as it writes it.
  ///   - effect: Hears how far the call of an unsafe skill comes.
  ///   - mayCall: Whether enough of the lease is left to begin a call; asked just before.
  func run(
    _ step: ClaimedStep, text: WrittenText, effect: RunningEffect, mayCall: @Sendable () -> Bool
  ) async -> StepOutcome {
    if step.isCancelled { return .cancelled(partial: "") }
    if step.mustReturn { return .released }
    if let failure = lacksRight(step) { return .failed(failure) }
    guard mayCall() else { return .released }
    do {
      let content = try step.content.get()
      await ledger?.record(.started, step, if: mayCall)
      // Writing the line down may have taken its time.
      guard mayCall() else { return .released }
      let outcome =
        switch step.target {
        case .agent(let name): try await turn(step, content, agent: name, text)
        case .skill(let name):
          try await call(step, content.input, skill: name, text, effect, mayCall)
        }
      await ledger?.record(.returned, step)
      return outcome
    } catch let failure as StepFailure {
      return .failed(failure)
    } catch is CancellationError {
      return .released
    } catch {
      logger.error(
        "a step failed unexpectedly",
        metadata: .fields([
          .step: step.id, .job: step.job, .error: String(describing: error),
        ]))
      return .failed(
        StepFailure(.internalError, code: "internal_error", message: "an internal error"))
    }
  }

  /// Hears that the step's finish is on disk.
  func committed(_ step: ClaimedStep) async { await ledger?.record(.committed, step) }

  private func lacksRight(_ step: ClaimedStep) -> StepFailure? {
    if step.rights.isRevoked {
      return StepFailure(
        .revoked, code: "revoked", message: "the user or the token was revoked")
    }
    guard step.rights.allows(step.target) else {
      return StepFailure(
        .refused, code: "target_not_allowed", message: "you may not use \(step.target)")
    }
    return nil
  }

  private func turn(
    _ step: ClaimedStep, _ content: ClaimedStep.Content, agent name: String, _ text: WrittenText
  ) async throws -> StepOutcome {
    guard let agent = agents[name] else { throw Self.notHere(step.target) }
    let definition = agent.definition
    let usable = try await usableSkills(of: definition, step)
    let response = try await agent.turn(
      AgentTurnInput(input: content.input, history: content.history, skills: usable),
      model: WatchedModel(model), onDelta: { text.append($0) })
    let turns = content.history.count + 1
    if response.calls.isEmpty {
      return .finished([
        "text": .string(response.text), "model": .string(response.model),
        "turns": .integer(Int64(turns)),
      ])
    }
    guard turns < definition.maximumTurns else {
      throw StepFailure(
        .badInput, code: "too_many_turns",
        message: "the agent \(name) did not finish within \(definition.maximumTurns) turns")
    }
    let check = try SkillCallCheck(skills: usable)
    return .asked(
      AgentRequest(
        text: response.text,
        calls: response.calls.map {
          RequestedCall($0, refusal: check.failure(of: $0) ?? SignalWait.failure(of: $0))
        },
        model: response.model))
  }

  private func call(
    _ step: ClaimedStep, _ arguments: JSONValue, skill name: String, _ text: WrittenText,
    _ effect: RunningEffect, _ mayCall: @Sendable () -> Bool
  ) async throws -> StepOutcome {
    guard let skill = skills[name], let check = checks[name] else {
      throw Self.notHere(step.target)
    }
    if let failure = try check.get().failure(skill: name, arguments: arguments) { throw failure }
    let call = SkillCall(
      user: step.user, job: step.job, step: step.id, attempt: step.attempt, run: step.run,
      arguments: arguments, onProgress: { text.progress() })
    guard skill.definition.safety == .unsafe else {
      return .finished(try await run(skill, name, call))
    }
    effect.reach(.announced)
    let answer = try await effects.begin(step, arguments: arguments, mayWait: mayCall)
    switch answer {
    case .begun: break
    case .begunBefore:
      effect.reach(.begunBefore)
      throw StepFailure.outcomeUnknown(of: step.target)
    case .cancelled: return .cancelled(partial: "")
    case .lost, .unavailable: return .released
    }
    // The announcement may have taken its time.
    guard mayCall(), !Task.isCancelled else { return .released }
    effect.reach(.called)
    do {
      let result = try await run(skill, name, call)
      effect.reach(.returned(result))
      return .finished(result)
    } catch let failure as StepFailure {
      effect.reach(.threw(failure))
      throw failure
    }
  }

  private func run(
    _ skill: any Skill, _ name: String, _ call: SkillCall
  ) async throws -> JSONValue {
    try Failpoint.skillSpawned.hit()
    let result: JSONValue
    do {
      result = try await skill.run(call)
    } catch {
      metrics.add(.skillRuns, [name, error is CancellationError ? "cancelled" : "failed"])
      throw error
    }
    metrics.add(.skillRuns, [name, "succeeded"])
    try Failpoint.skillExited.hit()
    return result
  }

  /// What the agent may call now: skills, the agents that it may ask, and waiting for a signal.
  private func usableSkills(
    of definition: AgentDefinition, _ step: ClaimedStep
  ) async throws -> [SkillDefinition] {
    let known: CapabilityCatalog
    do {
      known = try await catalog()
    } catch {
      throw StepFailure(
        .transient, code: "catalog_unavailable", message: "the catalogue could not be read")
    }
    let skills = known.skills.values.filter { skill in
      let target = Target.skill(skill.name)
      return definition.skills.contains { $0.matches(target) } && step.rights.allows(target)
        && !target.isInternal
    }
    let agents = definition.delegates.compactMap { known.agents[$0] }
      .filter { step.depth < Delegation.maximumDepth && step.rights.allows(.agent($0.name)) }
    let signal = Target.skill(SignalWait.skillName)
    let maySignal =
      definition.skills.contains { $0.matches(signal) } && step.rights.allows(signal)
    return (skills + agents.map(Delegation.skill) + (maySignal ? [SignalWait.skill] : []))
      .sorted { $0.name < $1.name }
  }

  private static func notHere(_ target: Target) -> StepFailure {
    StepFailure(
      .transient, code: "not_served", message: "this worker does not serve \(target)")
  }
}
