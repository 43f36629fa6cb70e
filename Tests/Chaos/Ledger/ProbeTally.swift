/// What the probes of D23 came to. Pure.
struct ProbeTally: Sendable {
  /// The longest from the request to the 202 or 200, as promised.
  static let promisedAnswer = Duration.seconds(2)
  /// The longest from the request to the result: the steps of a killed worker go on within 25 s
  /// (D22), and there is one of them that has to be run.
  static let resultLimit = Duration.seconds(30)

  /// One probe.
  struct Entry: Sendable {
    /// Since the first probe of all.
    let began: Duration
    /// Requests until it was accepted.
    var tries = 0
    /// From there to the 202 or 200; `nil` for none.
    var answered: Duration?
    /// From there to the result; `nil` for none, or one that is no success.
    var ended: Duration?
    /// The longest that it may take to be answered.
    let answerLimit: Duration

    init(began: Duration, answerLimit: Duration = promisedAnswer) {
      self.began = began
      self.answerLimit = answerLimit
    }

    /// Whether it was answered, and had its result, in time.
    var isKept: Bool {
      (answered ?? .seconds(3600)) <= answerLimit && (ended ?? .seconds(3600)) <= resultLimit
    }

    /// From its beginning until it is certain what became of it.
    var life: ClosedRange<Duration> {
      guard let answered, answered <= answerLimit else { return began...began + answerLimit }
      return began...began + min(ended ?? resultLimit, resultLimit)
    }
  }

  /// Kinds of hits by name, each with its number.
  typealias Hits = [String: Int]

  private(set) var entries: [Entry] = []

  mutating func add(_ entry: Entry) { entries.append(entry) }

  /// - Parameters:
  ///   - apart: When the database was killed, until it should be used again; the probes that were
  ///     under way meanwhile are listed, and left out of the figure.
  ///   - missing: Kinds of hits that have not come about.
  func verdict(
    atLeast minimum: Int, apart: [ClosedRange<Duration>], hits: Hits, missing: [String]
  ) -> Verdict {
    let sorted = entries.sorted { $0.began < $1.began }
    let outside = sorted.filter { entry in !apart.contains { $0.overlaps(entry.life) } }
    let meanwhile = sorted.filter { entry in apart.contains { $0.overlaps(entry.life) } }
    let failed = outside.filter { !$0.isKept }
    let allowed = outside.count / 1000
    var faults = missing.map { "no \($0)" }
    if failed.count > allowed {
      let all = failed.prefix(5).map(\.text).joined(separator: ", ")
      faults.append("\(failed.count) probes failed where \(allowed) may: \(all)")
    }
    return Verdict(
      .D23, observations: hits.isEmpty ? 0 : outside.count, atLeast: minimum,
      counts: [
        "probes": outside.count, "failed": failed.count, "may fail": allowed,
        "accepted by the other node": outside.count { $0.tries > 1 },
        "database kills": apart.count, "probes under way meanwhile": meanwhile.count,
        "probes failed meanwhile": meanwhile.count { !$0.isKept },
      ],
      notes: [
        "available \(Self.percent(outside.count - failed.count, of: outside.count))",
        "longest outage \(Self.longestOutage(in: outside).inSeconds)",
        "with the database killed \(Self.longestOutage(in: meanwhile).inSeconds)",
        "a probe is kept when its POST is answered within "
          + "\((entries.first?.answerLimit ?? Self.promisedAnswer).inSeconds) "
          + "(\(Self.times(outside.compactMap(\.answered)))) and its result read within "
          + "\(Self.resultLimit.inSeconds) (\(Self.times(outside.compactMap(\.ended))))",
      ] + hits.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" },
      faults: faults)
  }

  /// Three digits, never rounded up.
  static func percent(_ part: Int, of all: Int) -> String {
    guard all > 0 else { return "–" }
    let thousandths = part * 100_000 / all
    let digits = String(1000 + thousandths % 1000).dropFirst()
    return "\(thousandths / 1000).\(digits) %"
  }

  /// From the first probe that failed to the next one that did not; of sorted ones.
  static func longestOutage(in entries: [Entry]) -> Duration {
    var (since, longest) = (Duration?.none, Duration.zero)
    for entry in entries {
      if let since { longest = max(longest, entry.began - since) }
      since = entry.isKept ? nil : since ?? entry.began
    }
    // One that nothing followed has lasted until the next would have begun.
    if let since, let last = entries.last {
      longest = max(longest, last.began - since + .seconds(1))
    }
    return longest
  }

  private static func times(_ all: [Duration]) -> String {
    let sorted = all.sorted()
    return "p99 \(sorted.percentile(99)?.inSeconds ?? "–"), max \(sorted.last?.inSeconds ?? "–")"
  }
}

extension ProbeTally.Entry {
  /// What became of it, for a fault.
  fileprivate var text: String {
    "at \(began.inSeconds) answered after \(answered?.inSeconds ?? "–"), result after "
      + "\(ended?.inSeconds ?? "–")"
  }
}
