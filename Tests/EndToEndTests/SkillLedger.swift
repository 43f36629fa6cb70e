import Foundation
import Jobs

/// What scripted skills really did, as they wrote it down outside the database.
struct SkillLedger {
  struct Line: Hashable {
    let skill: String
    let job: String
    let step: String
    let key: String
  }

  let lines: [Line]

  init(_ file: URL) throws {
    let text = try String(contentsOf: file, encoding: .utf8)
    lines = text.split(separator: "\n").compactMap { line in
      let fields = line.split(separator: " ").map(String.init)
      guard fields.count == 6, fields[0] == "skill" else { return nil }
      return Line(skill: fields[1], job: fields[2], step: fields[3], key: fields[5])
    }
  }

  func lines(of job: JobID) -> [Line] { lines.filter { $0.job == job.description } }
}
