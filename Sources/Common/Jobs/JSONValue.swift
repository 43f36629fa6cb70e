/// A JSON value (RFC 8259). Numbers written without fraction and exponent are integers.
public enum JSONValue: Sendable, Hashable {
  case null
  case bool(Bool)
  case integer(Int64)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])

  /// The value under a key of an object; `nil` for a missing key and for anything but an object.
  public subscript(key: String) -> JSONValue? {
    if case .object(let members) = self { members[key] } else { nil }
  }

  /// The text of a string, else `nil`.
  public var text: String? { if case .string(let text) = self { text } else { nil } }

  /// The integer, or a number without a fraction that fits, else `nil`.
  public var int: Int64? {
    switch self {
    case .integer(let value): value
    case .number(let value): Int64(exactly: value)
    default: nil
    }
  }

  /// The elements of an array, else `nil`.
  public var elements: [JSONValue]? {
    if case .array(let elements) = self { elements } else { nil }
  }

  /// Parses UTF-8 JSON that OpenClaw or something it trusts wrote, within ``JSONLimits/stored``.
  ///
  /// What anyone may send goes through ``parse(_:limits:)`` with limits of its own.
  ///
  /// - Throws: ``JSONError``.
  public init(json: some Sequence<UInt8>) throws(JSONError) {
    self = try .parse(json, limits: .stored)
  }

  /// UTF-8 JSON without white space, keys sorted by their bytes, so that equal values give equal
  /// bytes; doubles in the shortest form that parses to the same one.
  ///
  /// What JSON has no word for, infinities and NaN, becomes `null`.
  public var json: [UInt8] {
    var bytes: [UInt8] = []
    write(to: &bytes)
    return bytes
  }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  /// A string.
  public init(stringLiteral value: String) { self = .string(value) }
  /// An integer.
  public init(integerLiteral value: Int64) { self = .integer(value) }
  /// A boolean.
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  /// An array in this order.
  public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  /// An object; of a repeated key the last value counts.
  public init(dictionaryLiteral members: (String, JSONValue)...) {
    self = .object(Dictionary(members) { _, last in last })
  }
}
