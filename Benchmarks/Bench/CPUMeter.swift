import Foundation

/// CPU time of named groups of processes, each with all its descendants, since the meter was made.
///
/// Reads `/proc/<pid>/stat`: a tick is 10 ms, so intervals should be seconds. A process that ends
/// meanwhile is counted by its parent if that is in the group and has waited for it.
struct CPUMeter {
  private let groups: [String: [Int32]]
  private let start: [String: Double]

  /// - Parameter groups: The root processes of each group by its name.
  init(_ groups: [String: [Int32]]) {
    self.groups = groups
    start = Self.seconds(of: groups)
  }

  /// Seconds of user and system time since the start, by group.
  func elapsed() -> [String: Double] {
    Self.seconds(of: groups).reduce(into: [:]) { result, now in
      result[now.key] = now.value - (start[now.key] ?? 0)
    }
  }

  /// Memory that the processes of a group and their descendants hold alone or by their share
  /// (`Pss`), in bytes.
  static func memory(of roots: [Int32]) -> Int {
    let all = processes()
    return descendants(of: roots, among: all).reduce(0) { $0 + proportionalSize(of: $1) }
  }

  private struct Process {
    let parent: Int32
    /// User and system time of it and of its children that it has waited for, in ticks.
    let ticks: Int
  }

  private static func seconds(of groups: [String: [Int32]]) -> [String: Double] {
    let all = processes()
    let ticksPerSecond = Double(sysconf(Int32(_SC_CLK_TCK)))
    return groups.mapValues { roots in
      let ticks = descendants(of: roots, among: all).reduce(0) { $0 + (all[$1]?.ticks ?? 0) }
      return Double(ticks) / ticksPerSecond
    }
  }

  private static func descendants(of roots: [Int32], among all: [Int32: Process]) -> [Int32] {
    let children = Dictionary(grouping: all.keys) { all[$0]?.parent ?? 0 }
    var found: [Int32] = []
    var next = roots.filter { all[$0] != nil }
    while let pid = next.popLast() {
      found.append(pid)
      next += children[pid] ?? []
    }
    return found
  }

  private static func processes() -> [Int32: Process] {
    // A process that is gone by now has no file; that is what is asked.
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.reduce(into: [:]) { result, name in
      guard let pid = Int32(name),
        let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
      else { return }
      result[pid] = process(text)
    }
  }

  /// - Parameter stat: `proc(5)`, `/proc/pid/stat`; fields are counted after the name in brackets.
  private static func process(_ stat: String) -> Process? {
    guard let end = stat.lastIndex(of: ")") else { return nil }
    let fields = stat[stat.index(after: end)...].split(separator: " ")
    guard fields.count > 14, let parent = Int32(fields[1]) else { return nil }
    return Process(parent: parent, ticks: fields[11...14].compactMap { Int($0) }.reduce(0, +))
  }

  private static func proportionalSize(of pid: Int32) -> Int {
    guard let text = try? String(contentsOfFile: "/proc/\(pid)/smaps_rollup", encoding: .utf8)
    else { return 0 }
    let line = text.split(separator: "\n").first { $0.hasPrefix("Pss:") }
    let kibibytes = line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    return kibibytes << 10
  }
}
