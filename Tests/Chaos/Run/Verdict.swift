/// What a run has seen of one promise.
package struct Verdict: Sendable, Codable {
  /// A figure and its name, such as `kills 12`.
  package struct Count: Sendable, Codable, Hashable {
    /// For people.
    package let name: String
    /// Sums over scenarios.
    package var value: Int
  }

  /// Which promise.
  package let promise: Promise
  /// How often it was put to the test.
  package private(set) var observations: Int
  /// How often it must have been, for the verdict to mean anything; at least 1.
  package private(set) var minimum: Int
  /// What was counted.
  package private(set) var counts: [Count]
  /// What does not sum up: times, remarks.
  package private(set) var notes: [String]
  /// What contradicts the promise.
  package private(set) var faults: [String]

  /// - Parameters:
  ///   - observations: How often the promise was put to the test.
  ///   - minimum: Fewer observations make the verdict fail; 0 counts as 1.
  package init(
    _ promise: Promise, observations: Int, atLeast minimum: Int,
    counts: KeyValuePairs<String, Int> = [:], notes: [String] = [], faults: [String] = []
  ) {
    self.promise = promise
    self.observations = observations
    self.minimum = max(1, minimum)
    self.counts = counts.map { Count(name: $0.key, value: $0.value) }
    self.notes = notes
    self.faults = faults
  }

  /// Whether the promise was kept, and was put to the test often enough to say so.
  package var isKept: Bool { faults.isEmpty && observations >= minimum }

  /// Takes in what another scenario saw of the same promise.
  package mutating func merge(_ other: Verdict) {
    observations += other.observations
    minimum += other.minimum
    for count in other.counts {
      if let index = counts.firstIndex(where: { $0.name == count.name }) {
        counts[index].value += count.value
      } else {
        counts.append(count)
      }
    }
    notes += other.notes
    faults += other.faults
  }

  /// Counts and notes in one line.
  package var seen: String {
    (counts.map { "\($0.name) \($0.value)" } + notes).joined(separator: ", ")
  }

  /// The one line of a run about this promise.
  package func line(seed: UInt64) -> String {
    let name = promise.rawValue.padded(to: 10)
    var line = "\(name) \(isKept ? "ok    " : "FAILED") \(promise.title): \(seen) (seed \(seed))"
    if observations < minimum { line += "; put to the test \(observations) of \(minimum) times" }
    for fault in faults.prefix(5) { line += "; \(fault)" }
    if faults.count > 5 { line += "; and \(faults.count - 5) more" }
    return line
  }
}

extension String {
  /// With spaces behind, up to a width in characters.
  package func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
}
