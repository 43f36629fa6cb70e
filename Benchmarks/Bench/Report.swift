import Foundation
import TestSupport

/// All that a run has shown, as a table for people and as JSON for programs.
struct Report: Codable {
  /// Where and of what.
  let machine: Machine
  var workloads: [Results] = []

  /// What one workload has shown.
  struct Results: Codable {
    let id: String
    let title: String
    var contenders: [Summary]
    var goals: [Verdict]
    /// Contenders without a figure, and why.
    var missing: [String: String]
    var samples: [Sample]
    /// The run that it comes from.
    var run = Run()
  }

  /// When and of what a workload was measured.
  struct Run: Codable {
    /// The commit of the checkout.
    var commit = ""
    /// What the order of measurements came from.
    var seed: UInt64 = 0
    /// The end, in RFC 3339.
    var ended = ""
  }

  /// Puts the workloads of another report in, in place of those of the same name.
  ///
  /// - Returns: `false` when that was made on another machine, whose figures do not stand beside
  ///   these.
  mutating func take(_ newer: Report) -> Bool {
    guard machine.isLike(newer.machine), machine.build == newer.machine.build else { return false }
    let fresh = Dictionary(newer.workloads.map { ($0.id, $0) }) { _, last in last }
    let all = Dictionary(workloads.map { ($0.id, $0) }) { _, last in last }
      .merging(fresh) { $1 }
    self = Report(machine: newer.machine, workloads: Workload.all.compactMap { all[$0.id] })
    return true
  }

  /// What became of a goal.
  struct Verdict: Codable {
    let text: String
    /// `nil` when it could not be computed.
    let figure: Double?
    let isMet: Bool
    /// What is known about missing it.
    let cause: String?
  }

  /// The report as Markdown.
  var markdown: String {
    var text = """
      # Benchmarks

      Written by `make bench`; do not edit. [Benchmarks](../Benchmarks/README.md) says how it
      measures. The machine is shared and its speed varies by half from hour to hour: read the
      ratios within a table, and CPU time before rates. All contenders of a table were measured in
      one run, which the table names.

      | | |
      |---|---|
      \(machine.rows)

      """
    for results in workloads { text += "\n" + results.markdown }
    return text
  }
}

extension Report.Results {
  /// A table of contenders, then one of goals.
  var markdown: String {
    let names = contenders.reduce(into: Set<String>()) { $0.formUnion($1.figures.keys) }.sorted()
    let cpu = contenders.reduce(into: Set<String>()) { $0.formUnion($1.cpu.keys) }.sorted()
    var rows = [
      ["", "", "rounds"] + names.map(Self.spoken) + cpu.map { "\($0), CPU µs/job" }
        + ["lost", "doubled"]
    ]
    rows.append(Array(repeating: "---", count: rows[0].count))
    for each in contenders {
      rows.append(
        [each.contender, each.role.rawValue, "\(each.rounds)"]
          + names.map { Self.number(each.figures[$0]) } + cpu.map { Self.number(each.cpu[$0]) }
          + ["\(each.lost)", "\(each.doubled)"])
    }
    var text =
      "## \(id): \(title)\n\nCommit \(run.commit), seed \(run.seed), ended \(run.ended).\n\n"
      + Self.table(rows)
    if !goals.isEmpty {
      text += "\n"
      text += Self.table(
        [["goal", "reached", ""], ["---", "---", "---"]]
          + goals.map { [$0.text, Self.number($0.figure), $0.isMet ? "met" : "**missed**"] })
    }
    for goal in goals where !goal.isMet {
      if let cause = goal.cause { text += "\nMissed: \(goal.text). \(cause)\n" }
    }
    for (name, reason) in missing.sorted(by: { $0.key < $1.key }) {
      text += "\nNo figure of \(name): \(reason)\n"
    }
    return text
  }

  private static func table(_ rows: [[String]]) -> String {
    rows.map { "| " + $0.joined(separator: " | ") + " |\n" }.joined()
  }

  /// `p99_us` as `p99, µs`.
  private static func spoken(_ name: String) -> String {
    let units = ["_us": ", µs", "_ms": ", ms", "_mib": ", MiB", "_s": ", s"]
    let unit = units.first { name.hasSuffix($0.key) }
    guard let unit else { return name.replacingOccurrences(of: "_", with: " ") }
    return name.dropLast(unit.key.count).replacingOccurrences(of: "_", with: " ") + unit.value
  }

  private static func number(_ value: Double?) -> String {
    guard let value else { return "" }
    return abs(value) >= 100 || value == value.rounded()
      ? String(format: "%.0f", value) : String(format: "%.2f", value)
  }
}
