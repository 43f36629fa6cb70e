import Foundation
import TestSupport

/// Where and with what a run took place.
package struct Machine: Sendable, Codable {
  /// Processors that may be used.
  package let cores: Int
  /// In GiB.
  package let memory: Int
  /// The system's name and its kernel.
  package let system: String
  /// How the programs were built: `debug` or `release`.
  package let build: String
  /// The commit of the checkout; `+` behind it for changes that are not committed.
  package let commit: String

  static func this() -> Machine {
    #if DEBUG
      let build = "debug"
    #else
      let build = "release"
    #endif
    let info = ProcessInfo.processInfo
    return Machine(
      cores: info.activeProcessorCount, memory: Int(info.physicalMemory >> 30),
      system: "\(info.operatingSystemVersionString), \(read("uname", ["-sr"]))", build: build,
      commit: commit())
  }

  private static func commit() -> String {
    let folder = TestTools.checkout.path
    let changes = read("git", ["-C", folder, "status", "--porcelain", "-uno"])
    return read("git", ["-C", folder, "rev-parse", "--short=12", "HEAD"])
      + (changes.isEmpty ? "" : "+")
  }

  private static func read(_ program: String, _ arguments: [String]) -> String {
    // A machine without git has no commit to tell of.
    guard let run = try? ToolRun(program, arguments), run.status == 0 else { return "unknown" }
    return run.output.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// Rows of a Markdown table.
  var rows: String {
    """
    | machine | \(cores) cores, \(memory) GiB, \(system) |
    | build | \(build), commit \(commit) |
    """
  }
}
