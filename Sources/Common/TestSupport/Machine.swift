import Foundation

/// Where and with what a run took place.
public struct Machine: Sendable, Codable {
  /// Processors that may be used.
  public let cores: Int
  /// In GiB.
  public let memory: Int
  /// The system's name and its kernel.
  public let system: String
  /// How the programs were built: `debug` or `release`.
  public let build: String
  /// The commit of the checkout; `+` behind it for changes that are not committed.
  public let commit: String
  /// Versions of the servers by their name; empty where none ran.
  public let servers: [String: String]

  /// This machine, this build, and the commit of the checkout.
  ///
  /// - Parameter servers: What ran; see `LocalStack.versions`.
  public static func this(servers: [String: String]) -> Machine {
    #if DEBUG
      let build = "debug"
    #else
      let build = "release"
    #endif
    let info = ProcessInfo.processInfo
    return Machine(
      cores: info.activeProcessorCount, memory: Int(info.physicalMemory >> 30),
      system: "\(info.operatingSystemVersionString), \(read("uname", ["-sr"]))", build: build,
      commit: commit(), servers: servers)
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

  /// Whether they are the same but for the build, the commit and the kernel's version.
  public func isLike(_ other: Machine) -> Bool {
    (cores, memory, distribution) == (other.cores, other.memory, other.distribution)
      && servers == other.servers
  }

  /// The system's name without its kernel.
  private var distribution: Substring { system.prefix { $0 != "," } }

  /// Rows of a Markdown table.
  public var rows: String {
    let versions = servers.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
    return """
      | machine | \(cores) cores, \(memory) GiB, \(system) |
      | servers | \(versions.isEmpty ? "none" : versions.joined(separator: ", ")) |
      | build | \(build), commit \(commit) |
      """
  }
}
