/// Random numbers that can be had again: the same seed, the same decisions.
///
/// Vigna, "splitmix64.c" (2015), public domain.
public struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64

  /// Equal seeds give equal sequences.
  public init(seed: UInt64) { state = seed }

  /// A generator for one purpose, whose numbers do not depend on who else draws.
  public init(seed: UInt64, purpose: String) {
    // FNV-1a, as Swift's own hashes differ from process to process.
    let hash = purpose.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) {
      ($0 ^ UInt64($1)) &* 0x100_0000_01b3
    }
    self.init(seed: seed ^ hash)
  }

  /// The next of the sequence.
  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// A time within the range, in whole milliseconds.
  public mutating func duration(_ range: ClosedRange<Int>) -> Duration {
    .milliseconds(Int.random(in: range, using: &self))
  }

  /// One of the elements, which must not be empty.
  public mutating func pick<Element>(_ elements: [Element]) -> Element {
    elements[Int.random(in: elements.indices, using: &self)]
  }
}
