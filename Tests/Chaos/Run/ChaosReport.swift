package import Foundation
package import TestSupport

/// What a run has seen, for people and for tools.
package struct ChaosReport: Sendable, Codable {
  /// What a scenario did.
  package struct Extent: Sendable, Codable {
    /// Its word.
    package let name: String
    /// A sentence.
    package let text: String
  }

  /// Of all decisions.
  package let seed: UInt64
  /// Whether it went for the promised figures.
  package let isLong: Bool
  /// How long it took, in seconds.
  package let seconds: Double
  /// When it ended.
  package let at: Date
  /// Where it ran, and what.
  package let machine: Machine
  /// What was done.
  package let scenarios: [Extent]
  /// One for each promise.
  package let verdicts: [Verdict]

  init(
    seed: UInt64, isLong: Bool, duration: Duration, servers: [String: String],
    scenarios: [Extent], verdicts: [Verdict]
  ) {
    self.seed = seed
    self.isLong = isLong
    seconds = duration / .seconds(1)
    at = Date()
    machine = Machine.this(servers: servers)
    self.scenarios = scenarios
    self.verdicts = verdicts
  }

  /// Whether all promises were kept; false when none was looked at.
  package var isKept: Bool { !verdicts.isEmpty && verdicts.allSatisfy(\.isKept) }

  /// One line for each promise.
  package var lines: [String] { verdicts.map { $0.line(seed: seed) } }

  /// One verdict for each promise, in the order of ``Promise``.
  package static func merged(_ verdicts: [Verdict]) -> [Verdict] {
    Promise.allCases.compactMap { promise in
      let all = verdicts.filter { $0.promise == promise }
      return all.dropFirst().reduce(into: all.first) { $0?.merge($1) }
    }
  }

  /// The report for tools; dates as ISO 8601.
  package func json() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.dateEncodingStrategy = .iso8601
    return try encoder.encode(self) + Data("\n".utf8)
  }

  /// The report as a document.
  package func markdown() -> String {
    let rows = verdicts.map { verdict in
      let faults = verdict.faults.prefix(5).map { "; **\($0)**" }.joined()
      let few =
        verdict.observations < verdict.minimum
        ? "; **put to the test \(verdict.observations) of \(verdict.minimum) times**" : ""
      return "| \(verdict.promise.rawValue) | \(verdict.promise.title) | \(verdict.promise.figure) "
        + "| \(verdict.seen)\(faults)\(few) | \(verdict.isKept ? "ok" : "**failed**") |"
    }
    return """
      # Chaos

      Written by `make chaos`; do not edit. It kills, pauses and cuts the parts of a real system
      under load, and holds what clients, workers and the model have written down against the
      database. `openclaw-chaos run --seed \(seed)\(isLong ? " --long" : "")` makes the same
      decisions again.

      | | |
      |---|---|
      | seed | \(seed) |
      | length | \(isLong ? "long" : "short"), \(Duration.seconds(seconds).inSeconds) |
      | ended | \(at.ISO8601Format()) |
      \(machine.rows)

      | | promise | promised | seen | |
      |---|---|---|---|---|
      \(rows.joined(separator: "\n"))

      ## What was done

      \(scenarios.map { "- **\($0.name)**: \($0.text)." }.joined(separator: "\n"))

      """
  }
}
