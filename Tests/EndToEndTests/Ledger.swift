import Foundation

/// What the workers' ledger says of the executions, outside the database.
struct Ledger {
  /// Executions that began.
  private(set) var started = 0
  /// Executions that began although the step's finish was already on disk; must stay empty.
  private(set) var ranAgainAfterFinish: [String] = []
  /// Steps by how often they began.
  private(set) var attempts: [String: Int] = [:]

  init(_ file: URL) throws {
    var committed: Set<Substring> = []
    let text = try String(contentsOf: file, encoding: .utf8)
    for line in text.split(separator: "\n") {
      let fields = line.split(separator: " ")
      guard fields.count == 4 else { continue }
      let step = fields[2]
      switch fields[0] {
      case "started":
        started += 1
        attempts[String(step), default: 0] += 1
        if committed.contains(step) { ranAgainAfterFinish.append(String(step)) }
      case "committed": committed.insert(step)
      default: break
      }
    }
  }

  /// How many executions were repeats.
  var repeats: Int { attempts.values.reduce(0) { $0 + $1 - 1 } }
}
