/// The part of JSON Schema 2020-12 that skills describe their arguments and results with.
///
/// Checked: `type` (one name or a list), `properties`, `required`, `additionalProperties` (a
/// boolean), `enum`, `const`, `minimum`, `maximum`, `minLength`, `maxLength` (in Unicode scalars),
/// `items` (one schema), `minItems`, `maxItems`. Allowed and without effect: `title`,
/// `description`, `default`. Any other keyword is an error, so that no skill relies on a check
/// that nobody makes.
///
/// Two narrowings: `integer` means a whole number of 64 bits (so that ``JSONValue/int`` is there),
/// and text compares by its bytes, never by canonical equivalence.
public struct JSONSchema: Sendable, Hashable {
  /// The most violations that one check reports.
  public static let maximumViolations = 20
  /// How deep schemas may nest.
  static let maximumDepth = 32

  let rules: [JSONSchemaRule]

  /// Reads a schema.
  ///
  /// - Throws: ``JSONSchemaError`` with the place of the first keyword that is unknown or has a
  ///   value of the wrong form, and for schemas more than 32 levels deep.
  public init(_ schema: JSONValue) throws {
    self = try JSONSchemaReader(path: [], depth: 0).read(schema)
  }

  init(rules: [JSONSchemaRule]) { self.rules = rules }

  /// What is wrong with the value, in the order of the schema's keywords.
  ///
  /// - Returns: Empty for a valid value; at most ``maximumViolations`` entries.
  public func violations(of value: JSONValue) -> [JSONViolation] {
    var check = JSONSchemaCheck()
    check.visit(value, self)
    return check.violations
  }
}

/// One place where a value does not fit its schema.
public struct JSONViolation: Sendable, Hashable {
  /// JSON Pointer to it (RFC 6901), empty for the whole value. A member name of more than
  /// 100 characters is cut, with an ellipsis.
  public let pointer: String
  /// What is expected there, for example `must be a string`; never quotes the value.
  public let detail: String

  /// Makes a violation of a check that a schema cannot express.
  public init(pointer: String, detail: String) {
    self.pointer = pointer
    self.detail = detail
  }
}

/// Why a value is no schema that ``JSONSchema`` understands.
public struct JSONSchemaError: Error, Sendable, Hashable, CustomStringConvertible {
  /// JSON Pointer into the schema.
  public let pointer: String
  /// What is wrong there, for the author of the schema.
  public let detail: String

  /// Both in one line.
  public var description: String { "JSON Schema at '\(pointer)': \(detail)" }
}

/// One keyword of a schema, ready to be checked.
indirect enum JSONSchemaRule: Sendable, Hashable {
  case types([JSONTypeName])
  case oneOf([JSONValue])
  case minimum(JSONValue)
  case maximum(JSONValue)
  case minimumLength(Int)
  case maximumLength(Int)
  case minimumCount(Int)
  case maximumCount(Int)
  case items(JSONSchema)
  case properties([JSONSchemaProperty])
  case required([String])
  /// No members but these.
  case closed([String])
}

/// A named member and what it must be.
struct JSONSchemaProperty: Sendable, Hashable {
  let name: String
  let schema: JSONSchema
}

/// The names that `type` knows.
enum JSONTypeName: String, Sendable {
  case null, boolean, integer, number, string, array, object

  func matches(_ value: JSONValue) -> Bool {
    switch (self, value) {
    case (.null, .null), (.boolean, .bool), (.string, .string), (.array, .array),
      (.object, .object), (.number, .integer), (.number, .number):
      true
    case (.integer, _): value.int != nil
    default: false
    }
  }
}
