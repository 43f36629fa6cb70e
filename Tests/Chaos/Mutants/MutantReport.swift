package import Foundation
package import TestSupport

/// Which mutants a run has caught, for people and for tools.
package struct MutantReport: Sendable, Codable {
  /// Of all decisions.
  package let seed: UInt64
  /// How long it took, in seconds.
  package let seconds: Double
  /// When it ended.
  package let at: Date
  /// Where it ran, and what.
  package let machine: Machine
  /// In the order in which they ran.
  package let trials: [MutantTrial]

  /// Of a run that ends now.
  ///
  /// - Parameter servers: The versions of the servers that it ran with.
  package init(
    seed: UInt64, duration: Duration, servers: [String: String], trials: [MutantTrial]
  ) {
    self.seed = seed
    seconds = duration / .seconds(1)
    at = Date()
    machine = Machine.this(servers: servers)
    self.trials = trials
  }

  /// Whether all mutants were caught and all was well without; false when there was none.
  package var isGood: Bool { !trials.isEmpty && trials.allSatisfy(\.isGood) }

  /// One line in the end.
  package var summary: String {
    let mutants = trials.filter { $0.mutant != nil }
    let caught = mutants.count { $0.outcome == .caught }
    return "\(caught) of \(mutants.count) mutants caught"
      + (isGood ? "" : "; see what is in capitals above")
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
    """
    # Mutants

    Written by `make mutants`; do not edit. Each mutant is a known defect, built into a copy of the
    code. A chaos run that can fail has to catch it, by the check of the promise that it breaks, with
    the idle claim and the reconciler switched off, which would heal what it does.
    `openclaw-chaos mutants --seed \(seed)` makes the same decisions again.

    | | |
    |---|---|
    | seed | \(seed) |
    | length | \(Duration.seconds(seconds).inSeconds) |
    | ended | \(at.ISO8601Format()) |
    \(machine.rows)

    | mutant | defect | scenario | | seconds | by |
    |---|---|---|---|---|---|
    \(rows { $0.mutant != nil })

    ## The same without a mutant

    | | | scenario | | seconds | seen |
    |---|---|---|---|---|---|
    \(rows { $0.mutant == nil })

    """
  }

  private func rows(_ isIncluded: (MutantTrial) -> Bool) -> String {
    trials.filter(isIncluded).map { trial in
      let word = trial.isGood ? trial.outcome.rawValue : "**\(trial.outcome.rawValue)**"
      return "| \(trial.mutant?.rawValue ?? "") | \(trial.mutant?.title ?? "") | \(trial.scenario) "
        + "| \(word) | \(Int(trial.seconds)) | \(trial.line.replacing("\n", with: " ")) |"
    }.joined(separator: "\n")
  }
}
