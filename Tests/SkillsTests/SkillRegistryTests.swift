import Jobs
import Testing

@testable import Skills

@Suite struct SkillRegistryTests {
  @Test func everySkillHasAWellFormedNameOnceAndSchemasThatCount() throws {
    let definitions = try SkillBench().skills.map(\.definition)
    for definition in definitions {
      #expect(Target("skill:\(definition.name)") != nil)
      #expect(!definition.description.isEmpty)
      _ = try JSONSchema(definition.input)
      _ = try JSONSchema(definition.output)
    }
    #expect(definitions.map(\.name) == Set(definitions.map(\.name)).sorted())
  }

  @Test func everyResultFitsItsSkillsOutputSchema() async throws {
    let examples: [String: JSONValue] = [
      "files.list": ["path": "."], "files.read": ["path": "a.txt"],
      "files.write": ["path": "b.txt", "content": "b"], "system.clock": ["time_zone": "Asia/Tokyo"],
      "webhooks.deliver": ["delivery": "0199c0de-0000-7000-8000-000000000001"],
    ]
    let bench = try SkillBench()
    try await bench.makeWorkspace()
    try bench.put("a".utf8, "a.txt")
    for skill in bench.skills {
      let name = skill.definition.name
      let arguments = try #require(examples[name], "no example for \(name)")
      #expect(try JSONSchema(skill.definition.input).violations(of: arguments) == [])
      let result = try await skill.run(bench.call(arguments))
      #expect(try JSONSchema(skill.definition.output).violations(of: result) == [], "\(name)")
    }
  }

  @Test func argumentsThatTheRuntimeDidNotCheckFailPlainly() async throws {
    let bench = try SkillBench()
    for arguments: JSONValue in [[:], ["path": 1], .null, ["path": "a", "encoding": "latin1"]] {
      #expect(
        try await bench.failure("files.read", arguments) == "bad_input invalid_arguments")
    }
  }
}
