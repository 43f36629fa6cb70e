package import Foundation
package import TestSupport

/// What scenarios have seen, for people and for tools; each of them may come from another run.
package struct ChaosReport: Sendable, Codable {
  /// What became of a scenario.
  package struct Part: Sendable, Codable {
    /// The scenario's word.
    package let name: String
    /// What it did, in a sentence.
    package let text: String
    /// Whether it went for the promised figures.
    package let isLong: Bool
    /// Of its decisions.
    package let seed: UInt64
    /// What it ran.
    package let commit: String
    /// How that was built, `debug` or `release`.
    package let build: String
    /// When it ended.
    package let at: Date
    /// How long it took, in seconds.
    package let seconds: Double
    /// What it saw.
    package let verdicts: [Verdict]
  }

  /// Where they ran, and what ran last.
  package let machine: Machine
  /// In the order of the catalogue.
  package private(set) var parts: [Part]

  init(machine: Machine, parts: [Part]) {
    self.machine = machine
    self.parts = parts
  }

  /// One for each promise.
  package var verdicts: [Verdict] { Self.merged(parts.flatMap(\.verdicts)) }

  /// Whether all promises were kept; false when none was looked at.
  package var isKept: Bool { !verdicts.isEmpty && verdicts.allSatisfy(\.isKept) }

  /// One line for each promise.
  package var lines: [String] {
    let seeds = Set(parts.map(\.seed))
    return verdicts.map { $0.line(seed: seeds.count == 1 ? seeds.first ?? 0 : 0) }
  }

  /// The same with the parts of a newer report in place of those of the same scenarios.
  ///
  /// - Returns: The newer one alone when it was made on another machine.
  package func renewed(by newer: ChaosReport) -> ChaosReport {
    guard machine.isLike(newer.machine) else { return newer }
    let fresh = Set(newer.parts.map(\.name))
    let all = parts.filter { !fresh.contains($0.name) } + newer.parts
    let order = (ScenarioCatalog.all + ScenarioCatalog.pointed).map(\.name)
    return ChaosReport(
      machine: newer.machine,
      parts: all.sorted {
        (order.firstIndex(of: $0.name) ?? .max) < (order.firstIndex(of: $1.name) ?? .max)
      })
  }

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

  /// Reads what ``json()`` wrote.
  package init(json: Data) throws {
    let decoder = JSONDecoder()
    decoder.dateDecodingStrategy = .iso8601
    self = try decoder.decode(Self.self, from: json)
  }

  /// `ok` alone stands for a promise that a long run was put to.
  private func outcome(of verdict: Verdict) -> String {
    guard verdict.isKept else { return "**failed**" }
    let isLong = parts.contains { part in
      part.isLong && part.verdicts.contains { $0.promise == verdict.promise }
    }
    return isLong ? "ok" : "ok, short"
  }

  /// The report as a document.
  package func markdown() -> String {
    let rows = verdicts.map { verdict in
      let faults = verdict.faults.prefix(5).map { "; **\($0)**" }.joined()
      let few =
        verdict.observations < verdict.minimum
        ? "; **put to the test \(verdict.observations) of \(verdict.minimum) times**" : ""
      return "| \(verdict.promise.rawValue) | \(verdict.promise.title) | \(verdict.promise.figure) "
        + "| \(verdict.seen)\(faults)\(few) | \(outcome(of: verdict)) |"
    }
    return """
      # Chaos

      Written by `make chaos`; do not edit. It kills, pauses and cuts the parts of a real system
      under load, and holds what clients, workers and the model have written down against the
      database. Each scenario names its run; `openclaw-chaos run --only NAME --seed SEED`, with
      `--long` for a long one, makes the same decisions again. A short run shares its machine with
      others: answers, cancels and starts may then take four times as long as is promised. "ok, short"
      stands for a promise that was kept in short runs and never put to its figure by a long one. Not all
      scenarios ran on one day, but all on a machine of this kind; build and commit here are the last one's.

      | | |
      |---|---|
      \(machine.rows)

      | | promise | promised | seen | |
      |---|---|---|---|---|
      \(rows.joined(separator: "\n"))

      ## What was done

      | scenario | what | length | seed | commit | ended |
      |---|---|---|---|---|---|
      \(parts.map(\.row).joined(separator: "\n"))

      """
  }
}

extension ChaosReport.Part {
  /// A row of a Markdown table.
  fileprivate var row: String {
    "| \(name) | \(text) | \(isLong ? "long" : "short"), \(Duration.seconds(seconds).inSeconds) "
      + "| \(seed) | \(commit), \(build) | \(at.ISO8601Format()) |"
  }
}
