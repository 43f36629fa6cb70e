/// Bytes that nobody can guess.
enum RandomBytes {
  /// 16 of them: what true replies about a job carry.
  static func sixteen() -> [UInt8] {
    var generator = SystemRandomNumberGenerator()
    let halves = (generator.next() as UInt64, generator.next() as UInt64)
    return withUnsafeBytes(of: halves) { [UInt8]($0) }
  }
}
