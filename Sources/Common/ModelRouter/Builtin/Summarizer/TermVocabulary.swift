/// Turns text into the words that carry its meaning.
enum TermVocabulary {
  /// Lower-case words without stop words and plural endings, in order, repeats kept.
  static func terms(of text: String) -> [String] {
    text.split { !$0.isLetter && !$0.isNumber && $0 != "'" && $0 != "’" }
      .map { $0.lowercased() }
      .filter { $0.utf8.count > 1 && !stopWords.contains($0) && !$0.allSatisfy(\.isNumber) }
      .map(stem)
  }

  /// Whether a word, in lower case, is too common to tell anything.
  static func isStopWord(_ word: String) -> Bool { stopWords.contains(word) }

  /// `queues` and `queue` are one term, `class` and `status` stay.
  private static func stem(_ word: String) -> String {
    guard word.utf8.count > 3, word.hasSuffix("s") else { return word }
    if word.hasSuffix("ies") { return word.dropLast(3) + "y" }
    if word.hasSuffix("'s") || word.hasSuffix("’s") { return String(word.dropLast(2)) }
    let keepsIts = ["ss", "us", "is"].contains { word.hasSuffix($0) }
    return keepsIts ? word : String(word.dropLast())
  }

  private static let stopWords: Set<String> = Set(
    """
    a able about above across after again against all almost along already also although always am \
    among an and another any anyone anything are aren't around as at away back be because been \
    before being below between both but by came can can't cannot come could couldn't did didn't do \
    does doesn't doing don't done down during each either else enough etc even ever every \
    everything few first for from further get gets give given gives go goes going gone got had \
    hadn't has hasn't have haven't having he hence her here hers herself him himself his how \
    however i i'd i'll i'm i've if in instead into is isn't it it's its itself just keep kept know \
    last least less let let's like likely made make makes making many may maybe me might more most \
    much must my myself near need needs neither never next no nor not nothing now of off often on \
    once one ones only onto or other others our ours ourselves out over own per perhaps please put \
    quite rather really said same say says see seem seems several shall she should shouldn't since \
    so some something soon still such take takes than that that's the their theirs them themselves \
    then there there's therefore these they they're thing things this those though three through \
    thus to together too toward two under until up upon us use used uses using usually various \
    very via want wants was wasn't way ways we we'll we're we've well were weren't what what's \
    when where whether which while who whole whom whose why will with within without won't would \
    wouldn't yes yet you you'd you'll you're you've your yours yourself
    """.split(separator: " ").map(String.init))
}
