extension JSONParser {
  // MARK: Strings

  /// Reads a string from its opening quote to behind its closing one.
  mutating func string() throws(JSONError) -> String {
    position += 1
    let start = position
    // Most strings hold no escape and are taken as they are.
    while position < bytes.count, bytes[position] >= 0x20, bytes[position] != UInt8(ascii: "\""),
      bytes[position] != UInt8(ascii: "\\")
    {
      position += 1
    }
    if next == UInt8(ascii: "\"") {
      defer { position += 1 }
      return try text(bytes[start..<position], from: start)
    }
    var unescaped = [UInt8](bytes[start..<position])
    while let byte = next, byte != UInt8(ascii: "\"") {
      if byte == UInt8(ascii: "\\") {
        try escape(into: &unescaped)
      } else if byte >= 0x20 {
        unescaped.append(byte)
        position += 1
      } else {
        throw unexpected("inside a string; control characters must be escaped")
      }
    }
    guard next != nil else { throw unexpected("inside a string") }
    let text = try text(unescaped[...], from: start)
    position += 1
    return text
  }

  /// - Parameter start: Where the string's content began in the input, to find what is wrong.
  private mutating func text(
    _ content: ArraySlice<UInt8>, from start: Int
  ) throws(JSONError) -> String {
    if let text = String(validating: content, as: UTF8.self) {
      guard limits.allowsAnyText || JSONParser.isStreamSafe(text) else {
        position = start
        throw error(.combiningRun, "A string holds more than 30 combining marks in a row.")
      }
      return text
    }
    // Escapes are ASCII and give whole scalars, so what is wrong is as wrong in the raw input.
    position = start
    while position < bytes.count {
      let rest = bytes[position..<min(position + 4, bytes.count)]
      guard JSONParser.isUTF8(rest) else { break }
      position += 1
      while let byte = next, byte & 0xC0 == 0x80 { position += 1 }
    }
    throw error(.invalidUTF8, "A string holds bytes that are not UTF-8.")
  }

  private static func isStreamSafe(_ text: String) -> Bool {
    var run = 0
    for scalar in text.unicodeScalars {
      // The first combining mark is U+0300.
      let isMark =
        scalar.value >= 0x300 && scalar.properties.canonicalCombiningClass != .notReordered
      run = isMark ? run + 1 : 0
      if run > 30 { return false }
    }
    return true
  }

  private mutating func escape(into unescaped: inout [UInt8]) throws(JSONError) {
    let start = position
    position += 1
    guard let kind = next else { throw unexpected("inside a string") }
    let plain: UInt8? =
      switch kind {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): kind
      case UInt8(ascii: "b"): 0x08
      case UInt8(ascii: "f"): 0x0C
      case UInt8(ascii: "n"): 0x0A
      case UInt8(ascii: "r"): 0x0D
      case UInt8(ascii: "t"): 0x09
      default: nil
      }
    if let plain {
      unescaped.append(plain)
      position += 1
      return
    }
    guard kind == UInt8(ascii: "u") else { throw unexpected("after a backslash") }
    position += 1
    let scalar = try unicodeEscape(from: start)
    for byte in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter { unescaped.append(byte) }
  }

  /// Reads what follows `\u`: four digits, and for a high surrogate the second escape too.
  private mutating func unicodeEscape(from start: Int) throws(JSONError) -> Unicode.Scalar {
    let first = try hexadecimalUnit()
    if first == 0, !limits.allowsAnyText {
      position = start
      throw error(.nulCharacter, "A string holds U+0000, which cannot be stored.")
    }
    if let scalar = Unicode.Scalar(first) { return scalar }
    if first < 0xDC00, next == UInt8(ascii: "\\"), position + 1 < bytes.count,
      bytes[position + 1] == UInt8(ascii: "u")
    {
      position += 2
      let second = try hexadecimalUnit()
      if (0xDC00...0xDFFF).contains(second),
        let scalar = Unicode.Scalar(
          0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00))
      {
        return scalar
      }
    }
    position = start
    throw error(.loneSurrogate, "A string holds half of a surrogate pair.")
  }

  private mutating func hexadecimalUnit() throws(JSONError) -> UInt16 {
    var unit: UInt16 = 0
    for _ in 0..<4 {
      let digit: UInt8
      switch next {
      case .some(let byte) where (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte):
        digit = byte - UInt8(ascii: "0")
      case .some(let byte) where (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20):
        digit = (byte | 0x20) - UInt8(ascii: "a") + 10
      default: throw unexpected("in the four digits after \\u")
      }
      unit = unit << 4 | UInt16(digit)
      position += 1
    }
    return unit
  }

  // MARK: Numbers

  mutating func number() throws(JSONError) -> JSONValue {
    let start = position
    if next == UInt8(ascii: "-") { position += 1 }
    if next == UInt8(ascii: "0") { position += 1 } else { try digits() }
    var isWhole = true
    if next == UInt8(ascii: ".") {
      isWhole = false
      position += 1
      try digits()
    }
    if let byte = next, byte | 0x20 == UInt8(ascii: "e") {
      isWhole = false
      position += 1
      if next == UInt8(ascii: "-") || next == UInt8(ascii: "+") { position += 1 }
      try digits()
    }
    let text = bytes[start..<position]
    if text.count <= 1_024 {
      let text = String(decoding: text, as: UTF8.self)
      if isWhole, let value = Int64(text) { return .integer(value) }
      if !isWhole, let value = Double(text), value.isFinite { return .number(value) }
    }
    position = start
    throw error(
      .numberOutOfRange,
      isWhole
        ? "A whole number does not fit into 64 bits; send it as a string."
        : "A number is beyond what a double holds.")
  }

  private mutating func digits() throws(JSONError) {
    let start = position
    while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
    guard position > start else { throw unexpected("where a digit should be") }
  }
}
