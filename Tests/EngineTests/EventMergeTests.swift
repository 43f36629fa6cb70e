import FoundationEssentials
import Jobs
import Testing

@testable import Engine

/// What one reader is sent, as transcripts.
@Suite struct EventMergeTests {
  private let job = JobID()
  private let turn = StepID()

  private func live(
    _ merge: inout EventMerge, _ text: String, at offset: Int, run: Int = 1
  ) -> String? {
    merge.live(Array(text.utf8), step: turn, run: run, offset: offset).map {
      "\($0.attempt)@\($0.offset)+\($0.length) \($0.text ?? "-")"
    }
  }

  private func stored(
    _ merge: inout EventMerge, _ sequence: Int64, _ text: String, at offset: Int, run: Int = 1
  ) -> String? {
    let delta = TextDelta(
      step: turn, attempt: run, offset: offset, length: text.utf8.count, text: text)
    let event = JobEvent(
      job: job, sequence: sequence, type: .delta, at: Date(), content: .delta(delta))
    guard let sent = merge.stored(event), case .delta(let part) = sent.content else { return nil }
    return "\(part.attempt)@\(part.offset)+\(part.length) \(part.text ?? "-")"
  }

  @Test func liveTextIsSentOnceAndItsEventWithoutText() {
    var merge = EventMerge(after: 0)
    #expect(live(&merge, "Hel", at: 0) == "1@0+3 Hel")
    #expect(live(&merge, "Hel", at: 0) == nil)
    #expect(live(&merge, "lo", at: 3) == "1@3+2 lo")
    #expect(stored(&merge, 1, "Hello", at: 0) == "1@0+5 -")
    #expect(stored(&merge, 1, "Hello", at: 0) == nil)
  }

  @Test func aGapWaitsForTheEventThatStoresIt() {
    var merge = EventMerge(after: 0)
    #expect(live(&merge, "He", at: 0) == "1@0+2 He")
    #expect(live(&merge, "o", at: 4) == nil)
    #expect(stored(&merge, 1, "Hello", at: 0) == "1@2+3 llo")
    #expect(live(&merge, "o!", at: 4) == "1@5+1 !")
  }

  @Test func whoComesLateGetsNothingThatDoesNotFollow() {
    var merge = EventMerge(after: 0)
    #expect(live(&merge, "late", at: 10) == nil)
    #expect(stored(&merge, 1, "0123456789", at: 0) == "1@0+10 0123456789")
    #expect(live(&merge, "late", at: 10) == "1@10+4 late")
  }

  @Test func whoComesBackGoesOnWhereTheEventsEnded() {
    var merge = EventMerge(after: 4, reached: [(turn, 1, 5)])
    #expect(live(&merge, " you", at: 9) == nil)
    #expect(live(&merge, "lo the", at: 3) == "1@5+4  the")
    #expect(stored(&merge, 4, "Hello", at: 0) == nil)
    #expect(stored(&merge, 5, " there", at: 5) == "1@9+2 re")
  }

  @Test func aNewRunVoidsTheTextOfTheOneBefore() {
    var merge = EventMerge(after: 0)
    #expect(live(&merge, "Once", at: 0) == "1@0+4 Once")
    #expect(live(&merge, "Twi", at: 0, run: 2) == "2@0+3 Twi")
    #expect(live(&merge, " upon", at: 4) == nil)
    #expect(stored(&merge, 1, "Once upon", at: 0) == "1@0+9 -")
    #expect(stored(&merge, 2, "Twice", at: 0, run: 2) == "2@3+2 ce")
  }

  @Test func rangesThatOverlapAreSentOnce() {
    var merge = EventMerge(after: 0)
    #expect(stored(&merge, 1, "Hello", at: 0) == "1@0+5 Hello")
    #expect(stored(&merge, 2, "Hello, wörld", at: 0) == "1@5+8 , wörld")
    #expect(stored(&merge, 3, "Hello", at: 0) == "1@0+5 -")
  }
}
