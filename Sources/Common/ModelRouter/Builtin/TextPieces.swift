/// Cuts an answer as a streaming model would.
enum TextPieces {
  /// Pieces of a few words each, white space at their ends; joined they are the text.
  static func split(_ text: String, words: Int) -> [String] {
    var pieces: [String] = []
    var piece = ""
    var count = 0
    var wasSpace = false
    for character in text {
      if wasSpace && !character.isWhitespace {
        count += 1
        if count == words {
          pieces.append(piece)
          piece = ""
          count = 0
        }
      }
      piece.append(character)
      wasSpace = character.isWhitespace
    }
    return piece.isEmpty ? pieces : pieces + [piece]
  }
}
