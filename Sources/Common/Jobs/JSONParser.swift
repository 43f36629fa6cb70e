extension JSONValue {
  /// Parses one JSON text (RFC 8259) in UTF-8, strictly: no byte order mark, no comments, no
  /// trailing commas, nothing but white space after it.
  ///
  /// Numbers written without fraction and exponent become ``integer(_:)`` and are refused when
  /// they do not fit, since rounding an id would do harm; all others become the nearest double.
  ///
  /// - Throws: ``JSONError`` for the first thing that is wrong.
  public static func parse(
    _ bytes: some Sequence<UInt8>, limits: JSONLimits = JSONLimits()
  ) throws(JSONError) -> JSONValue {
    var parser = JSONParser(bytes: [UInt8](bytes), limits: limits)
    return try parser.parse()
  }
}

/// Reads one JSON text with a stack of its own, so that nesting costs no thread's stack.
struct JSONParser {
  let bytes: [UInt8]
  let limits: JSONLimits
  /// The next byte to read.
  var position = 0
  private var open: [Container] = []
  private var nodes = 0

  /// An array or object whose end has not come yet.
  private struct Container {
    let isObject: Bool
    var elements: [JSONValue] = []
    var members: [String: JSONValue] = [:]
    /// The key whose value is being read; `nil` while the key itself is.
    var key: String?
  }

  init(bytes: [UInt8], limits: JSONLimits) {
    self.bytes = bytes
    self.limits = limits
  }

  mutating func parse() throws(JSONError) -> JSONValue {
    while true {
      skipWhitespace()
      guard var value = try beginValue() else { continue }
      while !open.isEmpty {
        add(value)
        skipWhitespace()
        guard let ended = try endOrNext() else { break }
        value = ended
      }
      if open.isEmpty {
        skipWhitespace()
        guard position == bytes.count else { throw unexpected("after the end of the value") }
        return value
      }
    }
  }

  /// The byte at the position, or `nil` at the end.
  var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  // MARK: Structure

  /// Reads a whole scalar or empty container, or opens a container and returns `nil`.
  private mutating func beginValue() throws(JSONError) -> JSONValue? {
    try count()
    switch next {
    case UInt8(ascii: "{"): return try beginContainer(isObject: true)
    case UInt8(ascii: "["): return try beginContainer(isObject: false)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case UInt8(ascii: "-"), .some(UInt8(ascii: "0")...UInt8(ascii: "9")): return try number()
    default: throw unexpected("where a value should begin")
    }
  }

  private mutating func beginContainer(isObject: Bool) throws(JSONError) -> JSONValue? {
    guard open.count < limits.maximumDepth else {
      throw error(.tooDeep, "More than \(limits.maximumDepth) levels of nesting.")
    }
    position += 1
    skipWhitespace()
    if next == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) {
      position += 1
      return isObject ? .object([:]) : .array([])
    }
    open.append(Container(isObject: isObject))
    if isObject { try key() }
    return nil
  }

  private mutating func add(_ value: JSONValue) {
    let last = open.count - 1
    if let key = open[last].key {
      open[last].members[key] = value
    } else {
      open[last].elements.append(value)
    }
  }

  /// After a value: the finished container, or `nil` when another value follows a comma.
  private mutating func endOrNext() throws(JSONError) -> JSONValue? {
    let isObject = open[open.count - 1].isObject
    switch next {
    case UInt8(ascii: ","):
      position += 1
      if isObject {
        skipWhitespace()
        try key()
      }
      return nil
    case UInt8(ascii: "}") where isObject:
      position += 1
      return .object(open.removeLast().members)
    case UInt8(ascii: "]") where !isObject:
      position += 1
      return .array(open.removeLast().elements)
    default:
      throw unexpected("where a comma or the end of the \(isObject ? "object" : "array") should be")
    }
  }

  private mutating func key() throws(JSONError) {
    try count()
    let last = open.count - 1
    open[last].key = nil
    guard next == UInt8(ascii: "\"") else { throw unexpected("where a key should begin") }
    let start = position
    let key = try string()
    if let index = open[last].members.index(forKey: key) {
      let isSame = open[last].members[index].key.utf8.elementsEqual(key.utf8)
      position = start
      open[last].key = key
      throw error(
        .duplicateKey,
        isSame
          ? "The object has this key twice."
          : "The object has a key that differs from this one only in its Unicode normal form.")
    }
    skipWhitespace()
    guard next == UInt8(ascii: ":") else { throw unexpected("where a colon should be") }
    position += 1
    open[last].key = key
  }

  private mutating func word(
    _ text: StaticString, _ value: JSONValue
  ) throws(JSONError) -> JSONValue {
    let length = text.utf8CodeUnitCount
    for index in 0..<length {
      guard next == text.utf8Start[index] else {
        throw unexpected("in a word such as true or null")
      }
      position += 1
    }
    return value
  }

  private mutating func skipWhitespace() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x09, 0x0A, 0x0D: position += 1
      default: return
      }
    }
  }

  private mutating func count() throws(JSONError) {
    nodes += 1
    guard nodes <= limits.maximumNodes else {
      throw error(.tooMany, "More than \(limits.maximumNodes) values and keys.")
    }
  }

  // MARK: Errors

  func error(_ code: JSONError.Code, _ message: String) -> JSONError {
    JSONError(code, offset: position, pointer: pointer, message: message)
  }

  /// The error for a byte, or the end, that has no place here.
  func unexpected(_ place: String) -> JSONError {
    switch next {
    case nil: error(.syntax, "The text ends \(place).")
    case 0: error(.nulCharacter, "A NUL \(place).")
    case .some(0x80...) where !JSONParser.isUTF8(bytes[position..<min(position + 4, bytes.count)]):
      error(.invalidUTF8, "A byte that is not UTF-8 \(place).")
    default: error(.syntax, "An unexpected character \(place).")
    }
  }

  /// Whether the bytes begin with one whole UTF-8 sequence.
  static func isUTF8(_ bytes: ArraySlice<UInt8>) -> Bool {
    var iterator = bytes.makeIterator()
    var decoder = UTF8()
    return if case .scalarValue = decoder.decode(&iterator) { true } else { false }
  }

  /// The place of the value that is being read.
  private var pointer: String {
    open.map { container in
      guard container.isObject else { return "/\(container.elements.count)" }
      return container.key.map { "/" + JSONParser.pointerToken($0) } ?? ""
    }.joined()
  }

  /// A reference token of a JSON pointer: `~` becomes `~0`, `/` becomes `~1`.
  private static func pointerToken(_ key: String) -> String {
    var escaped: [UInt8] = []
    for byte in key.utf8 {
      switch byte {
      case UInt8(ascii: "~"): escaped += "~0".utf8
      case UInt8(ascii: "/"): escaped += "~1".utf8
      default: escaped.append(byte)
      }
    }
    return String(decoding: escaped, as: UTF8.self)
  }
}
