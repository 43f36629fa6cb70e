import Jobs

/// `webhooks.deliver`: tells a user's endpoint of an event. The system alone makes jobs for it; see
/// ``Jobs/Target/isInternal``.
struct WebhooksDeliver: Skill {
  private let webhooks: any WebhookDelivering
  private let jitter: @Sendable () -> Double

  /// - Parameters:
  ///   - webhooks: Makes the requests.
  ///   - jitter: From -1 to 1; a test may give another.
  init(
    webhooks: any WebhookDelivering,
    jitter: @escaping @Sendable () -> Double = { Double.random(in: -1...1) }
  ) {
    self.webhooks = webhooks
    self.jitter = jitter
  }

  /// It waits without blocking.
  var mayBlock: Bool { false }

  /// A receiver knows by the delivery's id what it has had.
  var definition: SkillDefinition {
    SkillDefinition(
      name: "webhooks.deliver",
      description: "Tells a webhook of an event; made by the system alone.",
      input: [
        "type": "object",
        "properties": ["delivery": ["type": "string", "minLength": 36, "maxLength": 36]],
        "required": ["delivery"],
        "additionalProperties": false,
      ],
      output: [
        "type": "object",
        "properties": [
          "outcome": ["type": "string", "enum": ["delivered", "superseded", "dropped"]],
          "status": ["type": "integer", "description": "Of the receiver's answer."],
          "reason": ["type": "string", "description": "Why it is not sent any more."],
        ],
        "required": ["outcome"],
        "additionalProperties": false,
      ],
      safety: .idempotent, attempts: DeliveryBackoff.attempts)
  }

  /// Throws ``StepFailure`` `transient` for what is tried again, `bad_input` for what is given up.
  func run(_ call: SkillCall) async throws -> JSONValue {
    guard let delivery = DeliveryID(try call.text("delivery")) else {
      throw StepFailure(
        .badInput, code: "invalid_arguments", message: "/delivery is no delivery's id.")
    }
    let isLast = call.attempt >= DeliveryBackoff.attempts
    switch try await webhooks.send(delivery, for: call, isLast: isLast) {
    case .delivered(let status):
      return ["outcome": "delivered", "status": .integer(Int64(status))]
    case .superseded: return ["outcome": "superseded"]
    case .dropped(let code): return ["outcome": "dropped", "reason": .string(code)]
    case .failed(let failure) where failure.isPermanent:
      throw StepFailure(.badInput, code: failure.code, message: failure.message)
    case .failed(let failure):
      let wait = DeliveryBackoff.wait(
        after: call.attempt, asked: failure.retryAfter, jitter: jitter())
      throw StepFailure(
        .transient, code: failure.code, message: failure.message, retryAfter: wait)
    }
  }
}
