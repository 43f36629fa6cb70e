import Jobs
import Testing

@Suite struct SkillCallCheckTests {
  private let check: SkillCallCheck

  init() throws {
    check = try SkillCallCheck(skills: [
      SkillDefinition(
        name: "files.read", description: "Reads.",
        input: [
          "type": "object", "properties": ["path": ["type": "string"]], "required": ["path"],
        ], output: [:], safety: .pure)
    ])
  }

  @Test func aFittingCallPasses() {
    let call = ModelCall(id: "1", skill: "files.read", arguments: ["path": "a"])
    #expect(check.failure(of: call) == nil)
  }

  @Test func anUnknownSkillIsRefused() {
    for name in ["files.write", "", "FILES.READ", "../x", String(repeating: "x", count: 10_000)] {
      let failure = check.failure(of: ModelCall(id: "1", skill: name, arguments: ["path": "a"]))
      #expect(failure?.class == .refused)
      #expect(failure?.code == "skill_not_allowed")
      #expect((failure?.message.count ?? 0) < 200)
    }
  }

  @Test func argumentsThatDoNotFitAreNamed() {
    let failure = check.failure(skill: "files.read", arguments: ["path": 1])
    #expect(failure?.class == .badInput)
    #expect(failure?.code == "invalid_arguments")
    #expect(
      failure?.message == "The arguments do not fit files.read: /path must be of type string.")
  }
}
