import Foundation
import Jobs
import Testing

@testable import Skills

/// A data root of a test's own, removed at the end, with a user whose skills are called.
final class SkillBench: Sendable {
  let root: String
  let user = UserID()

  init() throws {
    root = NSTemporaryDirectory() + "/openclaw-skills-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: false)
  }

  deinit { try? FileManager.default.removeItem(atPath: root) }  // only rubbish would be left

  var skills: [any Skill] { SkillRegistry.skills(dataRoot: root, webhooks: ScriptedCourier()) }

  var workspace: String { "\(root)/users/\(user)/workspace" }

  /// Calls a registered skill as the runtime does: the arguments and the result are checked.
  func run(_ name: String, _ arguments: JSONValue = [:]) async throws -> JSONValue {
    let skill = try #require(skills.first { $0.definition.name == name })
    #expect(try JSONSchema(skill.definition.input).violations(of: arguments) == [])
    let result = try await skill.run(call(arguments))
    #expect(try JSONSchema(skill.definition.output).violations(of: result) == [])
    return result
  }

  /// The failure of a call, as `class code`.
  func failure(_ name: String, _ arguments: JSONValue) async throws -> String {
    let skill = try #require(skills.first { $0.definition.name == name })
    do {
      return "no failure: \(try await skill.run(call(arguments)))"
    } catch let failure as StepFailure {
      #expect(!failure.message.contains(root), "a message shows the machine's path")
      return "\(failure.class.rawValue) \(failure.code)"
    }
  }

  func call(_ arguments: JSONValue) -> SkillCall {
    SkillCall(user: user, job: JobID(), step: StepID(), attempt: 1, arguments: arguments)
  }

  /// Makes the workspace as the first call does.
  func makeWorkspace() async throws { _ = try await run("files.list") }

  /// Puts bytes into the workspace past the skills.
  func put(_ bytes: some Sequence<UInt8>, _ path: String) throws {
    let place = URL(filePath: "\(workspace)/\(path)")
    try FileManager.default.createDirectory(
      at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: place)
  }

  /// What is on the disk, past the skills.
  func content(_ path: String) throws -> String {
    try String(contentsOfFile: "\(workspace)/\(path)", encoding: .utf8)
  }
}
