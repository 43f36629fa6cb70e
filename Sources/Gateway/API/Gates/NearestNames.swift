/// Names that somebody may have meant who wrote another one.
enum NearestNames {
  /// The most that are told.
  static let maximum = 3

  /// The known names with the fewest edits to a name, the nearest first: those that half of the
  /// name's letters or fewer tell from it; of a list no longer than ``maximum``, all.
  static func of(_ name: String, among known: some Collection<String>) -> [String] {
    let ranked = known.map { (edits: edits(from: name, to: $0), name: $0) }
      .sorted { ($0.edits, $0.name) < ($1.edits, $1.name) }
    let near = ranked.filter { $0.edits <= max(1, name.utf8.count / 2) }
    return (near.isEmpty && ranked.count <= maximum ? ranked : near).prefix(maximum).map(\.name)
  }

  /// Levenshtein's distance in bytes: inserted, deleted and replaced ones count 1 each.
  static func edits(from old: String, to new: String) -> Int {
    let (old, new) = (Array(old.utf8), Array(new.utf8))
    var row = Array(0...new.count)
    for (i, byte) in old.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, other) in new.enumerated() {
        let replaced = diagonal + (byte == other ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(replaced, row[j] + 1, row[j + 1] + 1)
      }
    }
    return row[new.count]
  }
}
