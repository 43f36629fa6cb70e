package import Foundation
package import Jobs

/// What scripted skills really did, as they wrote it down outside the database.
package struct SkillLedger: Sendable {
  /// One effect.
  package struct Line: Sendable, Hashable {
    /// Such as `test.effect`.
    package let skill: String
    /// For which job.
    package let job: String
    /// By which of its steps.
    package let step: String
    /// The idempotency key that the skill was given.
    package let key: String
  }

  /// In the order in which they happened.
  package let lines: [Line]

  /// Reads the file that `OPENCLAW_SKILL_LEDGER` named.
  package init(_ file: URL) throws {
    let text = try String(contentsOf: file, encoding: .utf8)
    lines = text.split(separator: "\n").compactMap { line in
      let fields = line.split(separator: " ").map(String.init)
      guard fields.count == 6, fields[0] == "skill" else { return nil }
      return Line(skill: fields[1], job: fields[2], step: fields[3], key: fields[5])
    }
  }

  /// Those of one job.
  package func lines(of job: JobID) -> [Line] { lines.filter { $0.job == job.description } }

  /// How often each step had its effect.
  package var effects: [String: Int] { Dictionary(lines.map { ($0.step, 1) }, uniquingKeysWith: +) }
}
