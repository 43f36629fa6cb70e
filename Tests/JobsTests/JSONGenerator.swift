import Jobs

/// A small seeded generator (SplitMix64), so that a failing run can be had again.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }
}

/// Makes JSON texts with all kinds of spelling, and damaged ones.
struct JSONGenerator {
  var random: SeededGenerator

  init(seed: UInt64) { random = SeededGenerator(seed: seed) }

  mutating func document() -> [UInt8] {
    var text: [UInt8] = []
    value(depth: 0, into: &text)
    return text
  }

  /// The document with one to four bytes or fragments changed, dropped, doubled or put in.
  mutating func damaged(_ document: [UInt8]) -> [UInt8] {
    var bytes = document
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      let place = Int.random(in: 0...bytes.count, using: &random)
      switch Int.random(in: 0..<5, using: &random) {
      case 0 where place < bytes.count: bytes[place] = .random(in: .min ... .max, using: &random)
      case 1 where place < bytes.count: bytes.remove(at: place)
      case 2: bytes.insert(contentsOf: bytes.prefix(place).suffix(6), at: place)
      case 3: bytes.removeLast(min(bytes.count, Int.random(in: 0...3, using: &random)))
      default:
        bytes.insert(contentsOf: Self.fragments.randomElement(using: &random) ?? [], at: place)
      }
    }
    return bytes
  }

  private static let fragments: [[UInt8]] =
    [
      "\"", "\\", "\\u", "\\uD83D", "\\uDE00", "\\u0000", "\\u0041", "{", "}", "[", "]", ",", ":",
      "-", "e", "E+", ".", "0", "1e999", "99999999999999999999", "null", "tru", "NaN", " ", "\n",
      "\u{0}", "\u{301}", "é", "😀", "/", "//", "\u{FEFF}", "{\"a\":1,\"a\":2}",
    ].map { [UInt8]($0.utf8) } + [
      [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5], [0x80], [0xE2, 0x82],
    ]

  private mutating func value(depth: Int, into text: inout [UInt8]) {
    space(into: &text)
    switch Int.random(in: 0..<(depth < 5 ? 8 : 6), using: &random) {
    case 0: text += (["null", "true", "false"].randomElement(using: &random) ?? "null").utf8
    case 1, 2: number(into: &text)
    case 3...5: string(into: &text)
    case 6: list("[", "]", depth: depth, isObject: false, into: &text)
    default: list("{", "}", depth: depth, isObject: true, into: &text)
    }
    space(into: &text)
  }

  private mutating func list(
    _ begin: String, _ end: String, depth: Int, isObject: Bool, into text: inout [UInt8]
  ) {
    text += begin.utf8
    for index in 0..<Int.random(in: 0...4, using: &random) {
      if index > 0 { text += ",".utf8 }
      if isObject {
        space(into: &text)
        string(into: &text)
        space(into: &text)
        text += ":".utf8
      }
      value(depth: depth + 1, into: &text)
    }
    space(into: &text)
    text += end.utf8
  }

  private mutating func number(into text: inout [UInt8]) {
    switch Int.random(in: 0..<6, using: &random) {
    case 0: text += String(Int64.random(in: .min ... .max, using: &random)).utf8
    case 1: text += String(Int.random(in: -9...9, using: &random)).utf8
    case 2:
      let value = Double(bitPattern: .random(in: .min ... .max, using: &random))
      text += (value.isFinite ? value.description : "-0").utf8
    case 3:
      text +=
        "\(Int.random(in: 0...99, using: &random))E-\(Int.random(in: 0...400, using: &random))"
        .utf8
    case 4:
      text +=
        "-0.\(Int.random(in: 0...9_999, using: &random))e+\(Int.random(in: 0...320, using: &random))"
        .utf8
    default: text += String(UInt64.random(in: .min ... .max, using: &random)).utf8
    }
  }

  private mutating func string(into text: inout [UInt8]) {
    text += "\"".utf8
    for _ in 0..<Int.random(in: 0...6, using: &random) {
      switch Int.random(in: 0..<8, using: &random) {
      case 0: text += "\\\("\"\\/bfnrt".randomElement(using: &random) ?? "n")".utf8
      case 1: text += "\\u\(hexadecimal(.random(in: 0...0xFFFF, using: &random)))".utf8
      case 2:
        let scalar = Unicode.Scalar(UInt32.random(in: 0x20...0x1_0FFFF, using: &random)) ?? "é"
        text += scalar == "\"" || scalar == "\\" ? [] : [UInt8](String(scalar).utf8)
      case 3: text += "e\u{301}".utf8
      default: text.append(.random(in: UInt8(ascii: "a")...UInt8(ascii: "f"), using: &random))
      }
    }
    text += "\"".utf8
  }

  private func hexadecimal(_ unit: UInt16) -> String {
    let digits = String(unit, radix: 16, uppercase: unit.isMultiple(of: 2))
    return String(repeating: "0", count: 4 - digits.count) + digits
  }

  private mutating func space(into text: inout [UInt8]) {
    guard Int.random(in: 0..<4, using: &random) == 0 else { return }
    text.append([0x20, 0x09, 0x0A, 0x0D].randomElement(using: &random) ?? 0x20)
  }
}
