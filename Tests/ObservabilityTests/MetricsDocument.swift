import Foundation
import Observability
import TestSupport

/// docs/METRICS.md, and what the code says it must have.
struct MetricsDocument {
  static let file = TestTools.checkout.appending(path: "docs/METRICS.md")
  private static let begin = "<!-- metrics begin -->\n"
  private static let end = "<!-- metrics end -->"

  let text: String

  init() throws { text = try String(contentsOf: Self.file, encoding: .utf8) }

  /// The table between its two marks; `nil` without them.
  var table: String? {
    guard let begin = text.range(of: Self.begin), let end = text.range(of: Self.end) else {
      return nil
    }
    return String(text[begin.upperBound..<end.lowerBound])
  }

  /// The table that the code makes.
  static var expectedTable: String {
    let head =
      "| metric | type | unit | labels | fed by | what it tells |\n|---|---|---|---|---|---|\n"
    return Metric.allCases.reduce(into: head) { $0 += row(of: $1) }
  }

  private static func row(of metric: Metric) -> String {
    let labels = metric.labels.map { label in
      "`\(label.name)`" + (label.values.map { " (\($0.joined(separator: ", ")))" } ?? "")
    }
    let unit = metric.unit == .count ? "" : metric.unit.rawValue
    let cells = [
      "`\(metric.name)`", metric.kind.rawValue, unit, labels.joined(separator: ", "),
      metric.source.rawValue, metric.help,
    ]
    return "| \(cells.joined(separator: " | ")) |\n"
  }

  func rewriteTable() throws {
    guard let table, let range = text.range(of: Self.begin + table) else { return }
    let new = text.replacingCharacters(in: range, with: Self.begin + Self.expectedTable)
    try new.write(to: Self.file, atomically: true, encoding: .utf8)
  }

  /// The code blocks of a language, without their fences.
  func blocks(_ language: String) -> [String] {
    text.components(separatedBy: "```\(language)\n").dropFirst().compactMap {
      $0.components(separatedBy: "\n```").first.map { $0 + "\n" }
    }
  }

  /// The YAML block that holds the word.
  func yaml(with word: String) -> String? { blocks("yaml").first { $0.contains(word) } }

  /// All queries: those shown as such, and KEDA's.
  var queries: [String] {
    let keda = yaml(with: "ScaledObject")?.split(separator: "\n").compactMap { line in
      line.firstRange(of: " query: ").map { String(line[$0.upperBound...]) }
    }
    return blocks("promql") + (keda ?? [])
  }
}
