/// Splits a paragraph into sentences.
///
/// A mark ends a sentence only before white space and what can begin one, so `e.g. this`, `3.14`,
/// `v2.0.1`, `https://a.b/c` and `Dr. Who` stay whole, as does everything inside `code`.
enum SentenceSplitter {
  /// The sentences in order, without white space around them.
  static func split(_ paragraph: String) -> [String] {
    let text = Array(paragraph)
    let hasPairs = text.count { $0 == "`" }.isMultiple(of: 2)
    var sentences: [String] = []
    var start = 0
    var index = 0
    var isInCode = false
    while index < text.count {
      if text[index] == "`" && hasPairs { isInCode.toggle() }
      if !isInCode, let end = boundary(text, at: index, from: start) {
        append(text[start..<end], to: &sentences)
        start = end
        index = end
      } else {
        index += 1
      }
    }
    append(text[start...], to: &sentences)
    return sentences
  }

  private static func append(_ characters: ArraySlice<Character>, to sentences: inout [String]) {
    let text = characters.drop(while: \.isWhitespace)
    guard let last = text.lastIndex(where: { !$0.isWhitespace }) else { return }
    sentences.append(String(text[...last]))
  }

  /// Where the sentence ends whose last mark stands at `index`.
  private static func boundary(_ text: [Character], at index: Int, from start: Int) -> Int? {
    if "。！？".contains(text[index]) { return pastClosings(text, index + 1) }
    guard ".!?…".contains(text[index]) else { return nil }
    var end = index + 1
    while end < text.count, ".!?…".contains(text[end]) { end += 1 }
    let marks = end - index
    end = pastClosings(text, end)
    guard end < text.count else { return end }
    guard text[end].isWhitespace,
      let next = text[end...].firstIndex(where: { !$0.isWhitespace })
    else { return text[end...].allSatisfy(\.isWhitespace) ? end : nil }
    guard canBegin(text[next]) else { return nil }
    if text[index] == "." && marks == 1 && isAbbreviation(text, index, next, from: start) {
      return nil
    }
    return end
  }

  private static func pastClosings(_ text: [Character], _ index: Int) -> Int {
    text[index...].firstIndex { !"\"'”’»)]".contains($0) } ?? text.count
  }

  private static func canBegin(_ character: Character) -> Bool {
    !character.isLowercase && !",;:.)]–—-".contains(character)
  }

  /// Whether the dot at `dot` belongs to the word before it and ends no sentence.
  private static func isAbbreviation(
    _ text: [Character], _ dot: Int, _ next: Int, from start: Int
  ) -> Bool {
    let opening = text[start..<dot].lastIndex { $0.isWhitespace || "([\"'“‘«".contains($0) }
    let word = text[(opening.map { $0 + 1 } ?? start)..<dot]
    // `1. First` at the beginning counts, it ends nothing.
    if word.allSatisfy(\.isNumber) {
      return text[start..<dot].allSatisfy { $0.isNumber || $0.isWhitespace }
    }
    let lower = String(word).lowercased()
    if Abbreviations.never.contains(lower) { return true }
    if Abbreviations.beforeNumbers.contains(lower) { return text[next].isNumber }
    let isInitial = word.count == 1 && word.first?.isUppercase == true && lower != "i"
    if isInitial || Abbreviations.sometimes.contains(lower) {
      // `U.S. The` begins a sentence, `U.S. Army` does not.
      let following = text[next...].prefix { $0.isLetter || $0 == "'" }
      return !TermVocabulary.isStopWord(String(following).lowercased())
    }
    return false
  }
}

/// English abbreviations, in lower case and without their last dot.
private enum Abbreviations {
  /// Nothing ends with these.
  static let never: Set<String> = [
    "mr", "mrs", "ms", "dr", "prof", "st", "vs", "e.g", "eg", "i.e", "ie", "cf", "al", "gen", "sen",
    "rep", "rev", "hon", "capt", "col", "lt", "sgt", "approx", "ca", "resp", "incl", "viz", "mt",
  ]
  /// Only with a number behind them; `No.` may be a whole sentence.
  static let beforeNumbers: Set<String> = [
    "no", "nos", "fig", "figs", "p", "pp", "vol", "ch", "sec", "eq", "ref", "art", "jan", "feb",
    "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec", "ver",
  ]
  /// May stand at the end as well.
  static let sometimes: Set<String> = [
    "etc", "inc", "ltd", "co", "corp", "jr", "sr", "u.s", "u.k", "e.u", "a.m", "p.m", "ph.d",
    "dept",
    "est", "bros", "d.c",
  ]
}
