import Jobs
import Testing

@testable import openclaw

struct StreamedTextTests {
  private let turn = StepID()

  private func piece(
    _ offset: Int, _ text: String?, attempt: Int = 1, length: Int = 0
  ) -> TextDelta {
    TextDelta(
      step: turn, attempt: attempt, offset: offset, length: text?.utf8.count ?? length, text: text)
  }

  @Test func piecesInOrderAreShownAsTheyCome() {
    var text = StreamedText()
    #expect(text.take(piece(0, "Hé")) == .text("Hé"))
    #expect(text.take(piece(3, "llo")) == .text("llo"))
    #expect(text.take(piece(0, nil, length: 6)) == .nothing)
  }

  @Test func aPieceWaitsForWhatPrecedesIt() {
    var text = StreamedText()
    #expect(text.take(piece(3, "c")) == .nothing)
    #expect(text.take(piece(1, "bc")) == .nothing)
    #expect(text.take(piece(0, "a")) == .text("abcc"))
  }

  @Test func whatWasShownIsNotShownAgain() {
    var text = StreamedText()
    #expect(text.take(piece(0, "one ")) == .text("one "))
    #expect(text.take(piece(0, "one two")) == .text("two"))
    #expect(text.take(piece(4, "two")) == .nothing)
  }

  @Test func aLaterAttemptVoidsTheTextOfTheOneBefore() {
    var text = StreamedText()
    #expect(text.take(piece(0, "wrong")) == .text("wrong"))
    #expect(text.take(piece(0, "right", attempt: 2)) == .restart("right"))
    #expect(text.take(piece(5, "er", attempt: 1)) == .nothing)
    #expect(text.take(piece(5, "!", attempt: 2)) == .text("!"))
  }

  @Test func anAttemptThatShowedNothingIsDroppedInSilence() {
    var text = StreamedText()
    #expect(text.take(piece(7, "lost")) == .nothing)
    #expect(text.take(piece(0, "right", attempt: 3)) == .text("right"))
  }

  @Test func turnsDoNotMix() {
    var text = StreamedText()
    let other = TextDelta(step: StepID(), attempt: 1, offset: 0, length: 1, text: "b")
    #expect(text.take(piece(0, "a")) == .text("a"))
    #expect(text.take(other) == .text("b"))
    #expect(text.take(piece(1, "c")) == .text("c"))
  }
}
