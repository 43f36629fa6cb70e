import Foundation
import TestSupport

/// The tables of docs/state_machine.md, each between its two marks.
struct StateMachineDocument {
  private let text: String

  init() throws {
    text = try String(
      contentsOf: TestTools.checkout.appending(path: "docs/state_machine.md"), encoding: .utf8)
  }

  /// The cells of a table, a list for each row below its head, without backticks; empty without
  /// the table.
  func rows(_ table: String) -> [[String]] {
    guard let begin = text.range(of: "<!-- \(table) begin -->\n"),
      let end = text.range(of: "<!-- \(table) end -->"), begin.upperBound <= end.lowerBound
    else { return [] }
    return text[begin.upperBound..<end.lowerBound].split(separator: "\n").dropFirst(2).map { line in
      line.split(separator: "|").map {
        $0.replacingOccurrences(of: "`", with: "").trimmingCharacters(in: .whitespaces)
      }
    }
  }

  /// What a state machine's table of moves says.
  struct Move: Hashable {
    let from: String
    let to: String
    let by: String
  }

  func moves(_ table: String) -> [Move] {
    rows(table).compactMap { $0.count >= 4 ? Move(from: $0[0], to: $0[1], by: $0[2]) : nil }
  }

  /// Whether the code has a type of this name where moves are made.
  static func isDeclared(_ type: String, in sources: String) -> Bool {
    ["struct", "enum", "actor", "class"].contains { kind in
      sources.contains("\(kind) \(type):") || sources.contains("\(kind) \(type) {")
    }
  }

  /// The text of all files where moves are made.
  static func sources() throws -> String {
    try ["Common/Engine", "Common/Storage", "Worker/Runtime"].map { folder in
      let folder = TestTools.checkout.appending(path: "Sources/\(folder)")
      return try FileManager.default.contentsOfDirectory(
        at: folder, includingPropertiesForKeys: nil
      ).filter { $0.pathExtension == "swift" }
        .map { try String(contentsOf: $0, encoding: .utf8) }.joined(separator: "\n")
    }.joined(separator: "\n")
  }
}
