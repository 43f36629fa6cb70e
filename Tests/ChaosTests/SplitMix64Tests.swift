import Chaos
import TestSupport
import Testing

@Suite struct SplitMix64Tests {
  @Test func givesTheNumbersOfItsPublishedForm() {
    var dice = SplitMix64(seed: 1_234_567)
    #expect(
      (0..<3).map { _ in dice.next() } == [
        6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
      ])
  }

  @Test func onePurposeDoesNotDisturbAnother() {
    var (first, second) = (SplitMix64(seed: 7, purpose: "a"), SplitMix64(seed: 7, purpose: "b"))
    var again = SplitMix64(seed: 7, purpose: "a")
    #expect(first.next() != second.next())
    _ = second.next()
    _ = again.next()
    #expect(first.next() == again.next())
  }
}
