/// One walk of a value along a schema; as deep as the schema, however deep the value.
struct JSONSchemaCheck {
  private(set) var violations: [JSONViolation] = []
  private var path: [String] = []

  mutating func visit(_ value: JSONValue, _ schema: JSONSchema) {
    for rule in schema.rules {
      if violations.count >= JSONSchema.maximumViolations { return }
      apply(rule, to: value)
    }
  }

  private mutating func apply(_ rule: JSONSchemaRule, to value: JSONValue) {
    switch (rule, value) {
    case (.types(let types), _):
      let names = types.map(\.rawValue).joined(separator: " or ")
      require(types.contains { $0.matches(value) }, "must be of type \(names)")
    case (.oneOf(let allowed), _):
      require(allowed.contains { $0.isSameJSON(as: value) }, Self.expectation(allowed))
    case (.minimum(let bound), .integer), (.minimum(let bound), .number):
      require(!value.isLess(than: bound), "must be at least \(bound.shown)")
    case (.maximum(let bound), .integer), (.maximum(let bound), .number):
      require(!bound.isLess(than: value), "must be at most \(bound.shown)")
    case (.minimumLength(let bound), .string(let text)):
      require(text.unicodeScalars.count >= bound, "must have at least \(bound) characters")
    case (.maximumLength(let bound), .string(let text)):
      require(text.unicodeScalars.count <= bound, "must have at most \(bound) characters")
    case (.minimumCount(let bound), .array(let elements)):
      require(elements.count >= bound, "must have at least \(bound) items")
    case (.maximumCount(let bound), .array(let elements)):
      require(elements.count <= bound, "must have at most \(bound) items")
    case (.items(let schema), .array(let elements)): visitItems(elements, schema)
    case (_, .object(let members)): applyToObject(rule, members)
    default: break  // a keyword says nothing about values of other types
    }
  }

  private mutating func visitItems(_ elements: [JSONValue], _ schema: JSONSchema) {
    for (index, element) in elements.enumerated() {
      if violations.count >= JSONSchema.maximumViolations { return }
      within(String(index)) { $0.visit(element, schema) }
    }
  }

  private mutating func applyToObject(_ rule: JSONSchemaRule, _ members: [String: JSONValue]) {
    switch rule {
    case .properties(let properties):
      for property in properties {
        guard let value = members.exactly(property.name) else { continue }
        within(property.name) { $0.visit(value, property.schema) }
      }
    case .required(let names):
      for name in names where members.exactly(name) == nil {
        within(name) { $0.require(false, "is required") }
      }
    case .closed(let names):
      let unknown = members.keys.filter { key in
        !names.contains { $0.utf8.elementsEqual(key.utf8) }
      }
      for key in unknown.sorted().prefix(JSONSchema.maximumViolations) {
        within(key) { $0.require(false, "is not a known member") }
      }
    default: break
    }
  }

  private mutating func within(_ member: String, _ body: (inout JSONSchemaCheck) -> Void) {
    path.append(member)
    body(&self)
    path.removeLast()
  }

  private mutating func require(_ isMet: Bool, _ detail: @autoclosure () -> String) {
    guard !isMet, violations.count < JSONSchema.maximumViolations else { return }
    violations.append(JSONViolation(pointer: JSONPointer.text(path), detail: detail()))
  }

  private static func expectation(_ allowed: [JSONValue]) -> String {
    let shown = allowed.prefix(10).map(\.shown).joined(separator: ", ")
    let word = allowed.count == 1 ? "must be" : "must be one of"
    return allowed.count > 10 ? "\(word) \(shown), …" : "\(word) \(shown)"
  }
}

/// JSON Pointer (RFC 6901).
enum JSONPointer {
  /// `/a~1b/0` for the names `a/b` and `0`; names of more than 100 characters are cut.
  static func text(_ path: [String]) -> String {
    path.map { "/" + escaped($0) }.joined()
  }

  private static func escaped(_ name: String) -> String {
    let scalars = name.unicodeScalars
    var text = ""
    for scalar in scalars.prefix(100) {
      switch scalar {
      case "~": text += "~0"
      case "/": text += "~1"
      default: text.unicodeScalars.append(scalar)
      }
    }
    return scalars.dropFirst(100).isEmpty ? text : text + "…"
  }
}

extension [String: JSONValue] {
  /// The member whose name has exactly these bytes; a dictionary alone would also find names that
  /// are canonically equivalent.
  fileprivate func exactly(_ name: String) -> JSONValue? {
    guard let index = index(forKey: name), self[index].key.utf8.elementsEqual(name.utf8) else {
      return nil
    }
    return self[index].value
  }
}

extension JSONValue {
  /// Equality as JSON Schema has it: numbers by value, text by code points.
  fileprivate func isSameJSON(as other: JSONValue) -> Bool {
    switch (self, other) {
    case (.string(let left), .string(let right)): left.utf8.elementsEqual(right.utf8)
    case (.integer, .number), (.number, .integer), (.integer, .integer), (.number, .number):
      !isLess(than: other) && !other.isLess(than: self)
    case (.array(let left), .array(let right)):
      left.count == right.count && zip(left, right).allSatisfy { $0.isSameJSON(as: $1) }
    case (.object(let left), .object(let right)):
      left.count == right.count
        && left.allSatisfy { name, value in
          right.exactly(name).map { value.isSameJSON(as: $0) } ?? false
        }
    default: self == other
    }
  }

  /// Compares two numbers; exactly where both are whole numbers of 64 bits.
  fileprivate func isLess(than other: JSONValue) -> Bool {
    if let left = int, let right = other.int { return left < right }
    return double < other.double
  }

  private var double: Double {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: .nan
    }
  }

  /// The value as JSON, cut after 40 characters.
  fileprivate var shown: String {
    let text = String(decoding: json, as: UTF8.self)
    return text.count > 40 ? text.prefix(40) + "…" : text
  }
}
