/// What became of a mutant, or of the same code without one, in one scenario.
package struct MutantTrial: Sendable, Codable {
  /// How it went.
  package enum Outcome: String, Sendable, Codable {
    /// Without a mutant: all promises were kept.
    case kept
    /// Without a mutant: a promise was not kept, so that the scenario proves nothing.
    case broken
    /// The check that has to find the mutant has found it.
    case caught
    /// No check has found the mutant, or only one that should not.
    case survived
    /// The scenario did not come to its verdicts.
    case failed
  }

  /// `nil` for the code without any.
  package let mutant: Mutant?
  /// The scenario's name.
  package let scenario: String
  /// How it went.
  package let outcome: Outcome
  /// The line of the promise that tells, or what went wrong.
  package let line: String
  /// How long it took.
  package let seconds: Double

  /// Judges what a scenario has seen.
  package init(
    _ mutant: Mutant?, scenario: String, verdicts: [Verdict], seed: UInt64, took: Duration
  ) {
    let all = ChaosReport.merged(verdicts)
    let broken = all.filter { !$0.isKept }
    self.mutant = mutant
    self.scenario = scenario
    seconds = took / .seconds(1)
    guard let mutant else {
      outcome = all.isEmpty || !broken.isEmpty ? .broken : .kept
      line = (broken.isEmpty ? all : broken).map { $0.line(seed: seed) }.joined(separator: " / ")
      return
    }
    // Too few observations prove nothing about the code.
    let telling = broken.first { $0.promise == mutant.breaks && !$0.faults.isEmpty }
    outcome = telling == nil ? .survived : .caught
    line = telling.map { $0.line(seed: seed) } ?? "\(mutant.breaks.rawValue) found nothing"
  }

  /// A scenario that did not come to its verdicts.
  package init(_ mutant: Mutant?, scenario: String, error: any Error, took: Duration) {
    self.mutant = mutant
    self.scenario = scenario
    outcome = .failed
    line = "\(error)"
    seconds = took / .seconds(1)
  }

  /// Whether it went as it has to.
  package var isGood: Bool { outcome == .kept || outcome == .caught }

  /// One line for people.
  package var text: String {
    let name = (mutant?.rawValue ?? "no mutant").padded(to: 22)
    let word = isGood ? outcome.rawValue : outcome.rawValue.uppercased()
    let time = Duration.seconds(seconds).inSeconds
    return "\(name) \(word.padded(to: 8)) \(scenario), \(time): \(line)"
  }
}
