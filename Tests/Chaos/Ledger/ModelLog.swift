package import Foundation
import Jobs

/// The requests that the model stub was asked, from the file that it keeps.
package struct ModelLog: Sendable {
  /// Requests in all.
  package private(set) var requests = 0
  /// How often each turn of each job was asked for; the job by the first line of its prompt.
  package private(set) var turns: [String: Int] = [:]

  /// Reads the stub's file; one that was never made is empty.
  package init(_ file: URL) throws {
    guard FileManager.default.fileExists(atPath: file.path) else { return }
    for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
      let entry = try JSONValue(json: line.utf8)
      guard let wish = entry["wish"]?.text, let turn = entry["turn"]?.int else { continue }
      requests += 1
      turns["\(wish) \(turn)", default: 0] += 1
    }
  }

  /// How many requests were repeats.
  package var repeats: Int { turns.values.reduce(0) { $0 + $1 - 1 } }
}
