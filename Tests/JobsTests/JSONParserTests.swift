import Jobs
import Testing

/// What the parser refuses, each with its code, place and pointer, and what it takes.
@Suite struct JSONParserTests {
  struct Refusal: Sendable, CustomTestStringConvertible {
    let input: [UInt8]
    let code: JSONError.Code
    let offset: Int
    let pointer: String

    init(_ input: String, _ code: JSONError.Code, at offset: Int, _ pointer: String = "") {
      self.init([UInt8](input.utf8), code, at: offset, pointer)
    }

    init(_ input: [UInt8], _ code: JSONError.Code, at offset: Int, _ pointer: String = "") {
      self.input = input
      self.code = code
      self.offset = offset
      self.pointer = pointer
    }

    var testDescription: String { String(decoding: input.prefix(40), as: UTF8.self) }
  }

  static let refusals = [
    Refusal("", .syntax, at: 0),
    Refusal("  ", .syntax, at: 2),
    Refusal("\u{FEFF}{}", .syntax, at: 0),
    Refusal("nul", .syntax, at: 3),
    Refusal("True", .syntax, at: 0),
    Refusal("NaN", .syntax, at: 0),
    Refusal("1 2", .syntax, at: 2),
    Refusal("[1,]", .syntax, at: 3, "/1"),
    Refusal(#"{"a":1,}"#, .syntax, at: 7),
    Refusal(#"{"a" 1}"#, .syntax, at: 5),
    Refusal(#"{"a":[0,{"b/~":x}]}"#, .syntax, at: 15, "/a/1/b~1~0"),
    Refusal(#"{"a":1]"#, .syntax, at: 6, "/a"),
    Refusal("[1", .syntax, at: 2, "/1"),
    Refusal("\"a\nb\"", .syntax, at: 2),
    Refusal(#""\x""#, .syntax, at: 2),
    Refusal(#""\u12G4""#, .syntax, at: 5),
    Refusal("\"a", .syntax, at: 2),
    Refusal("01", .syntax, at: 1),
    Refusal("-", .syntax, at: 1),
    Refusal("1.", .syntax, at: 2),
    Refusal(".5", .syntax, at: 0),
    Refusal("+1", .syntax, at: 0),
    Refusal("1e", .syntax, at: 2),
    Refusal("é", .syntax, at: 0),
    Refusal([0xFF], .invalidUTF8, at: 0),
    Refusal([0x22, 0x61, 0xC3, 0x28, 0x22], .invalidUTF8, at: 2),
    Refusal([0x22, 0xC0, 0x80, 0x22], .invalidUTF8, at: 1),
    Refusal([0x22, 0xED, 0xA0, 0x80, 0x22], .invalidUTF8, at: 1),
    Refusal([0x22, 0x5C, 0x6E, 0xF4, 0x90, 0x80, 0x80, 0x22], .invalidUTF8, at: 3),
    Refusal([0x22, 0x00, 0x22], .nulCharacter, at: 1),
    Refusal([0x5B, 0x00, 0x5D], .nulCharacter, at: 1, "/0"),
    Refusal(#"["a","b\u0000"]"#, .nulCharacter, at: 7, "/1"),
    Refusal(#""\uD800""#, .loneSurrogate, at: 1),
    Refusal(#""x\uDC00""#, .loneSurrogate, at: 2),
    Refusal(#""\uD800\u0041""#, .loneSurrogate, at: 1),
    Refusal(#""\uDE00\uD83D""#, .loneSurrogate, at: 1),
    Refusal(
      #"["x","\u0301"# + String(repeating: "\u{327}", count: 30) + "\"]", .combiningRun, at: 6, "/1"
    ),
    Refusal(
      #"{""# + String(repeating: "\u{301}\u{327}", count: 250_000) + #"":1}"#, .combiningRun, at: 2),
    Refusal(#"{"a":1,"b":2,"a":3}"#, .duplicateKey, at: 13, "/a"),
    Refusal(#"{"a":{"x":1,"\u0078":2}}"#, .duplicateKey, at: 12, "/a/x"),
    Refusal("{\"e\u{301}\":1,\"\u{E9}\":2}", .duplicateKey, at: 9, "/\u{E9}"),
    Refusal("1e999", .numberOutOfRange, at: 0),
    Refusal("[0,-1e999]", .numberOutOfRange, at: 3, "/1"),
    Refusal("9223372036854775808", .numberOutOfRange, at: 0),
    Refusal("-9223372036854775809", .numberOutOfRange, at: 0),
    Refusal("0." + String(repeating: "1", count: 1_100), .numberOutOfRange, at: 0),
  ]

  @Test(arguments: refusals) func refusesWithCodeAndPlace(_ refusal: Refusal) {
    let error = #expect(throws: JSONError.self) { try JSONValue.parse(refusal.input) }
    #expect(error?.code == refusal.code)
    #expect(error?.offset == refusal.offset)
    #expect(error?.pointer == refusal.pointer)
  }

  static let values: [(String, JSONValue)] = [
    ("null", .null), (" true ", true), ("\t[ ]\r\n", []), ("{ }", [:]),
    ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
    ("-0", 0), ("1.0", .number(1)), ("1E2", .number(100)), ("1e-999", .number(0)),
    (#""\"\\\/\b\f\n\r\t\u0041\uD83D\uDE00""#, "\"\\/\u{8}\u{C}\n\r\tA\u{1F600}"),
    (#"{"a":[1,{"b":[]}],"":null}"#, ["a": [1, ["b": []]], "": .null]),
  ]

  @Test(arguments: values) func takes(_ text: String, _ value: JSONValue) throws {
    #expect(try JSONValue.parse(text.utf8) == value)
  }

  @Test func nestingIsBoundedWithoutRecursion() throws {
    for opening in ["[", #"{"a":"#] {
      let deep = [UInt8](String(repeating: opening, count: 100_000).utf8)
      let error = #expect(throws: JSONError.self) { try JSONValue.parse(deep) }
      #expect(error?.code == .tooDeep)
      #expect(error?.offset == 64 * opening.utf8.count)
    }
    let allowed = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
    _ = try JSONValue.parse(allowed.utf8)
    let stored = String(repeating: "[", count: 512) + String(repeating: "]", count: 512)
    let value = try JSONValue(json: stored.utf8)
    #expect(value.json == [UInt8](stored.utf8))
    let error = #expect(throws: JSONError.self) {
      try JSONValue.parse(
        String(repeating: "[", count: 2_000).utf8, limits: JSONLimits(maximumDepth: .max))
    }
    #expect(error?.code == .tooDeep)
  }

  @Test func valuesAndKeysAreCounted() throws {
    let limits = JSONLimits(maximumNodes: 5)
    _ = try JSONValue.parse(#"{"a":1,"b":2}"#.utf8, limits: limits)
    let error = #expect(throws: JSONError.self) {
      try JSONValue.parse(#"{"a":1,"b":[2]}"#.utf8, limits: limits)
    }
    #expect(error?.code == .tooMany)
    #expect(error?.pointer == "/b/0")
  }

  @Test func storedValuesMayHoldAnyText() throws {
    let marks = String(repeating: "\u{301}", count: 31)
    let value = JSONValue.string("a\u{0}b\(marks)")
    #expect(value.json == [UInt8]((#""a\u0000b"# + marks + "\"").utf8))
    #expect(try JSONValue(json: value.json) == value)
  }

  @Test func writesSortedByBytesAndShortest() throws {
    let value: JSONValue = [
      "é": .number(0.1), "z": .number(1e300), "a/b": "/\u{1}\u{1F}\u{7F}é", "Z": .number(-0.0),
      "n": .number(.nan), "i": .number(.infinity), "w": .number(5),
    ]
    #expect(
      String(decoding: value.json, as: UTF8.self)
        == #"{"Z":-0.0,"a/b":"/\u0001\u001f"#
        + "\u{7F}é\""
        + #","i":null,"n":null,"w":5.0,"z":1e+300,"é":0.1}"#)
  }
}
