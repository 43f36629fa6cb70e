import Jobs

/// Words for writing JSON Schema 2020-12 in Swift.
enum Schema {
  /// Any JSON value.
  static func any(_ detail: String) -> JSONValue { ["description": .string(detail)] }

  /// A string, perhaps of a pattern of ECMA-262.
  static func string(
    _ detail: String? = nil, pattern: String? = nil, format: String? = nil, minimum: Int? = nil,
    maximum: Int? = nil
  ) -> JSONValue {
    var members: [String: JSONValue] = ["type": "string"]
    members["description"] = detail.map(JSONValue.string)
    members["pattern"] = pattern.map(JSONValue.string)
    members["format"] = format.map(JSONValue.string)
    members["minLength"] = minimum.map { .integer(Int64($0)) }
    members["maxLength"] = maximum.map { .integer(Int64($0)) }
    return .object(members)
  }

  /// A name of `SessionName`'s form: not `.` or `..`, said without a look ahead, which not all
  /// readers of patterns know.
  static func name(_ detail: String? = nil) -> JSONValue {
    let pattern = #"^(\.{0,2}[A-Za-z0-9_:-][A-Za-z0-9_.:-]*|\.{3}[A-Za-z0-9_.:-]*)$"#
    return string(detail, pattern: pattern, minimum: 1, maximum: 128)
  }

  /// One of some words.
  static func word(_ detail: String? = nil, of words: [String]) -> JSONValue {
    var members: [String: JSONValue] = [
      "type": "string", "enum": .array(words.map(JSONValue.string)),
    ]
    members["description"] = detail.map(JSONValue.string)
    return .object(members)
  }

  /// A whole number.
  static func integer(_ detail: String? = nil, from: Int = 0, to: Int? = nil) -> JSONValue {
    var members: [String: JSONValue] = ["type": "integer", "minimum": .integer(Int64(from))]
    members["maximum"] = to.map { .integer(Int64($0)) }
    members["description"] = detail.map(JSONValue.string)
    return .object(members)
  }

  /// A number that is not negative.
  static func number(_ detail: String) -> JSONValue {
    ["type": "number", "minimum": 0, "description": .string(detail)]
  }

  static func bool(_ detail: String) -> JSONValue {
    ["type": "boolean", "description": .string(detail)]
  }

  static func array(
    of items: JSONValue, _ detail: String? = nil, minimum: Int? = nil, maximum: Int? = nil
  ) -> JSONValue {
    var members: [String: JSONValue] = ["type": "array", "items": items]
    members["description"] = detail.map(JSONValue.string)
    members["minItems"] = minimum.map { .integer(Int64($0)) }
    members["maxItems"] = maximum.map { .integer(Int64($0)) }
    return .object(members)
  }

  /// An object with these members and no others.
  ///
  /// - Parameter optional: Those that may be missing.
  static func object(
    _ members: [String: JSONValue], optional: Set<String> = [], _ detail: String? = nil
  ) -> JSONValue {
    let required = members.keys.filter { !optional.contains($0) }.sorted()
    var schema: [String: JSONValue] = [
      "type": "object", "properties": .object(members), "additionalProperties": false,
      "required": .array(required.map(JSONValue.string)),
    ]
    schema["description"] = detail.map(JSONValue.string)
    return .object(schema)
  }

  /// The same object, with one member at least.
  static func notEmpty(_ object: JSONValue) -> JSONValue {
    guard case .object(var schema) = object else { return object }
    schema["minProperties"] = 1
    return .object(schema)
  }

  /// Either, which of them the value tells.
  static func oneOf(_ schemas: JSONValue...) -> JSONValue { ["oneOf": .array(schemas)] }

  /// The same, or `null`.
  static func nullable(_ schema: JSONValue, _ detail: String? = nil) -> JSONValue {
    var members: [String: JSONValue] = ["oneOf": [["type": "null"], schema]]
    members["description"] = detail.map(JSONValue.string)
    return .object(members)
  }

  /// One of ``ComponentSchemas``.
  static func ref(_ name: String) -> JSONValue {
    ["$ref": .string("#/components/schemas/\(name)")]
  }

  static let uuid = string(format: "uuid")
  static let time = string("RFC 3339 in UTC, with milliseconds.", format: "date-time")
  static let optionalTime = nullable(
    string(format: "date-time"), "`null` while it has not happened.")
  static let priority = word(of: Priority.allCases.map(\.name))
  static let pool = string(
    "Lower-case words joined by dots.", pattern: #"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$"#,
    maximum: 64)
  static let agent = string(
    "An agent that some worker serves.", pattern: "^agent:[a-z][a-z0-9_]{0,63}$")
  static let skill = string(
    "A skill that some worker serves.", pattern: #"^skill:[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$"#,
    maximum: 70)
  static let target = string(
    "`agent:<name>` or `skill:<namespace>.<verb>`.",
    pattern: #"^(agent:[a-z][a-z0-9_]*|skill:[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*)$"#, maximum: 70)
}
