public import FoundationEssentials

/// The name of what a job waits for, such as `approved`.
public struct SignalName: Sendable, Hashable, CustomStringConvertible {
  /// The form, for messages.
  public static let form = SessionName.form

  /// The name, unchanged.
  public let description: String

  /// Takes what ``form`` says.
  public init?(_ text: String) {
    guard SessionName(text) != nil else { return nil }
    description = text
  }
}

/// Waiting for a named signal or a time: no worker is kept meanwhile.
///
/// A job may wait before it starts; and to a model it is a skill, whose result is what the signal
/// brings. No pool serves that name.
public struct SignalWait: Sendable, Hashable {
  /// What a model calls.
  public static let skillName = "signal.wait"
  /// How long it waits without a time.
  public static let usual = Duration.seconds(86_400)
  /// The longest.
  public static let longest = Duration.seconds(366 * 86_400)

  /// For what.
  public let signal: SignalName
  /// How long, from when it begins to wait.
  public let timeout: Duration

  /// - Parameter timeout: Up to ``longest``.
  public init(signal: SignalName, timeout: Duration = usual) {
    self.signal = signal
    self.timeout = timeout
  }

  /// Reads a model's call whose arguments fit ``skill``.
  ///
  /// - Returns: `nil` for the call of anything else.
  public init?(_ call: ModelCall) {
    guard call.skill.utf8.elementsEqual(Self.skillName.utf8),
      let signal = call.arguments["name"]?.text.flatMap(SignalName.init)
    else { return nil }
    let seconds = call.arguments["timeout_seconds"]?.int
    self.init(signal: signal, timeout: seconds.map { .seconds($0) } ?? Self.usual)
  }

  /// What is wrong with a model's call whose arguments fit ``skill``; `nil` for any other call.
  public static func failure(of call: ModelCall) -> StepFailure? {
    guard call.skill.utf8.elementsEqual(skillName.utf8), SignalWait(call) == nil else {
      return nil
    }
    return StepFailure(
      .badInput, code: "invalid_arguments", message: "The name has another form: \(SignalName.form)"
    )
  }

  /// How a model is offered it.
  public static let skill = SkillDefinition(
    name: skillName,
    description: "Waits until a person or a program sends a named signal to this job, for example "
      + "an approval, and returns what came with it.",
    input: [
      "type": "object", "additionalProperties": false, "required": ["name"],
      "properties": [
        "name": [
          "type": "string", "minLength": 1, "maxLength": 128,
          "description": "The signal's name, such as approved; letters, digits, _ . : -",
        ],
        "timeout_seconds": [
          "type": "integer", "minimum": 1,
          "maximum": .integer(longest.components.seconds),
          "description": "How long to wait; a day without it. Then the call fails.",
        ],
      ],
    ], output: [:], safety: .idempotent)
}

/// The signals of a job: what it waits for, and what nobody has taken yet.
public struct SignalStatus: Sendable, Hashable {
  /// A step that waits.
  public struct Wait: Sendable, Hashable {
    /// Which step.
    public let step: StepID
    /// For what.
    public let signal: SignalName
    /// When it gives up.
    public let until: Date

    /// Takes one reading.
    public init(step: StepID, signal: SignalName, until: Date) {
      self.step = step
      self.signal = signal
      self.until = until
    }
  }

  /// A signal that came before anything waited for it.
  public struct Kept: Sendable, Hashable {
    /// Its name.
    public let signal: SignalName
    /// When it came.
    public let sentAt: Date

    /// Takes one reading.
    public init(signal: SignalName, sentAt: Date) {
      self.signal = signal
      self.sentAt = sentAt
    }
  }

  /// In the order in which they began to wait.
  public let waits: [Wait]
  /// In the order in which they came.
  public let kept: [Kept]

  /// Takes one reading.
  public init(waits: [Wait], kept: [Kept]) {
    self.waits = waits
    self.kept = kept
  }
}
