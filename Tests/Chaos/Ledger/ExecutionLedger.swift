package import Foundation

/// What the workers' ledger says of the executions, outside the database.
package struct ExecutionLedger: Sendable {
  /// Executions that began.
  package private(set) var started = 0
  /// Executions that began although the step's finish was already on disk; must stay empty.
  package private(set) var ranAgainAfterFinish: [String] = []
  /// Steps whose finish was committed under two claims; must stay empty.
  package private(set) var committedTwice: [String] = []
  /// Steps by how often they began.
  package private(set) var attempts: [String: Int] = [:]
  /// How many executions began anew what had begun before, but for those whose attempt before had
  /// failed and was kept as failed: these are retries.
  package private(set) var repeats = 0

  /// Reads the file that `OPENCLAW_EXECUTION_LEDGER` named; one that was never made is empty.
  package init(_ file: URL) throws {
    let exists = FileManager.default.fileExists(atPath: file.path)
    self.init(text: exists ? try String(contentsOf: file, encoding: .utf8) : "")
  }

  /// Reads its lines, `<what> <job> <step> <claim>` each.
  package init(text: String) {
    var committed: [Substring: Substring] = [:]
    // A claim may have taken several steps.
    var returned: Set<[Substring]> = []
    var begun: Set<Substring> = []
    for line in text.split(separator: "\n") {
      let fields = line.split(separator: " ")
      guard fields.count == 4 else { continue }
      let step = fields[2]
      switch fields[0] {
      case "started":
        started += 1
        attempts[String(step), default: 0] += 1
        if !begun.insert(step).inserted { repeats += 1 }
        if committed[step] != nil { ranAgainAfterFinish.append(String(step)) }
      case "returned": returned.insert([step, fields[3]])
      // A failed attempt commits too, without having returned, and may be made again.
      case "committed" where returned.contains([step, fields[3]]):
        if let claim = committed[step], claim != fields[3] { committedTwice.append(String(step)) }
        committed[step] = fields[3]
      case "committed": begun.remove(step)
      default: break
      }
    }
  }

  /// How long the workers' file is in bytes; 0 when it was never made.
  package static func size(of file: URL) -> Int {
    // What cannot be asked for its size has none yet.
    (try? FileManager.default.attributesOfItem(atPath: file.path)[.size] as? Int) ?? 0
  }

  /// The jobs of which an execution began at or behind a place in the file.
  ///
  /// - Parameter marks: The place for each job, in bytes.
  package static func starts(in file: URL, behind marks: [String: Int]) throws -> [String] {
    starts(in: try String(contentsOf: file, encoding: .utf8), behind: marks)
  }

  /// As ``starts(in:behind:)``, of a file's text.
  package static func starts(in text: String, behind marks: [String: Int]) -> [String] {
    var place = 0
    var jobs: [String] = []
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      let fields = line.split(separator: " ")
      if fields.count == 4, fields[0] == "started", let mark = marks[String(fields[1])],
        place >= mark
      {
        jobs.append(String(fields[1]))
      }
      place += line.utf8.count + 1
    }
    return jobs
  }
}
