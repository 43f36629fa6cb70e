import Glibc
import Jobs

/// `test.effect` and `test.repeatable`: an effect that is seen from outside.
struct LedgerSkill: Skill {
  let definition: SkillDefinition
  private let ledger: SkillLedger

  init(verb: String, safety: SkillDefinition.Safety, ledger: SkillLedger) {
    definition = .test(verb, "Leaves a line in the ledger.", safety, argument: "milliseconds")
    self.ledger = ledger
  }

  func run(_ call: SkillCall) async throws -> JSONValue {
    try ledger.record(definition.name, call)
    if let pause = call.number("milliseconds") {
      try await Task.sleep(for: .milliseconds(pause))
    }
    return ["key": .string(call.idempotencyKey)]
  }
}

/// `test.pause`: takes its time.
struct PauseSkill: Skill {
  let definition = SkillDefinition.test("pause", "Waits.", .pure, argument: "milliseconds")

  func run(_ call: SkillCall) async throws -> JSONValue {
    try await Task.sleep(for: .milliseconds(call.number("milliseconds") ?? 1000))
    return [:]
  }
}

/// `test.progress`: takes its time, and says all the while that it gets on.
struct ProgressSkill: Skill {
  let definition = SkillDefinition.test(
    "progress", "Waits and tells so.", .pure, argument: "milliseconds")

  func run(_ call: SkillCall) async throws -> JSONValue {
    let end = ContinuousClock.now + .milliseconds(call.number("milliseconds") ?? 1000)
    while .now < end {
      call.reportProgress()
      try await Task.sleep(for: .milliseconds(100))
    }
    return [:]
  }
}

/// `test.fail`: fails on the first attempts, to be tried again.
struct FailSkill: Skill {
  let definition = SkillDefinition.test("fail", "Fails.", .pure, argument: "times")

  func run(_ call: SkillCall) async throws -> JSONValue {
    guard call.attempt > call.number("times") ?? .max else {
      throw StepFailure(.transient, code: "scripted", message: "attempt \(call.attempt) fails")
    }
    return [:]
  }
}

/// `test.crash`: kills its process on the first starts, unless a file is there.
struct CrashSkill: Skill {
  let definition = SkillDefinition.test("crash", "Crashes.", .pure, argument: "times")
  private let file: String

  init(mendedBy file: String) { self.file = file }

  func run(_ call: SkillCall) async throws -> JSONValue {
    if call.run <= call.number("times") ?? .max, access(file, F_OK) != 0 {
      // Swift's own handler prints a backtrace and, for a raised signal, lets the process live.
      signal(SIGSEGV, SIG_DFL)
      raise(SIGSEGV)
    }
    return [:]
  }
}

extension SkillDefinition {
  fileprivate static func test(
    _ verb: String, _ description: String, _ safety: Safety, argument: String
  ) -> SkillDefinition {
    SkillDefinition(
      name: "test.\(verb)", description: description,
      input: [
        "type": "object",
        "properties": .object([argument: ["type": "integer", "minimum": 0, "maximum": 600_000]]),
        "additionalProperties": false,
      ], output: ["type": "object"], safety: safety)
  }
}

extension SkillCall {
  fileprivate func number(_ name: String) -> Int? {
    guard case .integer(let value)? = arguments[name] else { return nil }
    return Int(value)
  }
}
