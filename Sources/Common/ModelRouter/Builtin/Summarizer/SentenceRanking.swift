/// Ranks sentences by how much of the text's matter they hold.
struct SentenceRanking {
  /// Sections that say little about what a thing is.
  private static let sideSections: Set<String> = [
    "license", "licence", "contributing", "contributor", "acknowledgement", "acknowledgment",
    "credit", "changelog", "installation", "install", "sponsor", "support", "author", "content",
    "stability", "versioning", "development", "requirement", "prerequisite", "thank",
  ]
  /// Words that lean on the sentence before.
  private static let leaningWords: Set<String> = [
    "it", "this", "that", "these", "those", "they", "he", "she", "but", "however", "also", "then",
    "so", "and", "otherwise", "instead", "therefore", "thus", "see", "note", "tip", "again",
    "accordingly", "please",
  ]

  private let sentences: [TextSentence]
  private var weights: [String: Double]

  init(_ sentences: [TextSentence], title: String?) {
    self.sentences = sentences
    var counts: [String: Double] = [:]
    for term in sentences.flatMap(\.terms) { counts[term, default: 0] += 1 }
    let most = counts.values.max() ?? 1
    weights = counts.mapValues { $0 / most }
    for term in Set(title.map(TermVocabulary.terms) ?? []) {
      if let weight = weights[term] { weights[term] = weight + 0.5 }
    }
  }

  /// The places of the best sentences, in the order of the text.
  func best(_ count: Int) -> [Int] {
    let factors = sentences.indices.map { factor(of: $0) }
    var weights = weights
    var chosen: [Int] = []
    var open = Array(sentences.indices)
    while chosen.count < count {
      let scores = open.map { score(of: $0, weights) * factors[$0] }
      // The first of equals, so that the choice does not hang on chance.
      guard let highest = scores.max(), let place = scores.firstIndex(of: highest) else { break }
      let best = open[place]
      chosen.append(best)
      let terms = Set(sentences[best].terms)
      for term in terms { weights[term, default: 0] *= 0.3 }
      open.removeAll { $0 == best || Self.repeats(sentences[$0], terms) }
    }
    return chosen.sorted()
  }

  /// Whether most of what either sentence says is in both.
  private static func repeats(_ sentence: TextSentence, _ terms: Set<String>) -> Bool {
    let own = Set(sentence.terms)
    return own.intersection(terms).count * 10 > own.union(terms).count * 7
  }

  /// What the sentence's terms weigh; the root keeps long sentences from always winning.
  private func score(of index: Int, _ weights: [String: Double]) -> Double {
    var seen: Set<String> = []
    let terms = sentences[index].terms.filter { seen.insert($0).inserted }
    if terms.isEmpty { return 0 }
    let sum = terms.reduce(0.0) { $0 + (weights[$1] ?? 0) }
    return sum / Double(terms.count).squareRoot()
  }

  /// Place, length and form.
  private func factor(of index: Int) -> Double {
    let sentence = sentences[index]
    var factor = 1 + 0.5 * (1 - Double(index) / Double(sentences.count))
    if index == 0 { factor *= 1.5 }
    if sentence.isOpening { factor *= 1.15 }
    if sentence.isListItem { factor *= 0.75 }
    if !sentence.hasEnd { factor *= 0.6 }
    if sentence.text.last == "?" { factor *= 0.5 }
    switch sentence.wordCount {
    case ..<8: factor *= 0.7
    case 8...32: break
    case 33...45: factor *= 0.8
    default: factor *= 0.6
    }
    let first = sentence.text.prefix { $0.isLetter || $0 == "'" }.lowercased()
    if Self.leaningWords.contains(first) { factor *= 0.7 }
    if sentence.text.first == "(" { factor *= 0.7 }
    let section = TermVocabulary.terms(of: sentence.heading ?? "")
    if section.contains(where: Self.sideSections.contains) { factor *= 0.4 }
    return factor
  }
}
