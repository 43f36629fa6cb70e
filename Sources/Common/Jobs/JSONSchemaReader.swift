/// Turns a JSON value into the rules of a ``JSONSchema``.
struct JSONSchemaReader {
  /// Where in the schema this reader is, outermost first.
  let path: [String]
  let depth: Int

  func read(_ schema: JSONValue) throws -> JSONSchema {
    guard depth <= JSONSchema.maximumDepth else { throw error("is nested too deep") }
    guard case .object(let members) = schema else { throw error("must be an object") }
    var rules: [JSONSchemaRule] = []
    for (keyword, value) in members.sorted(by: { $0.key < $1.key }) {
      if let rule = try at(keyword).rule(keyword, value, in: members) { rules.append(rule) }
    }
    return JSONSchema(rules: rules)
  }

  private func rule(
    _ keyword: String, _ value: JSONValue, in members: [String: JSONValue]
  ) throws -> JSONSchemaRule? {
    switch keyword {
    case "title", "description", "default": nil
    case "type": .types(try types(value))
    case "const": .oneOf([value])
    case "enum": .oneOf(try list(value, atLeast: 1))
    case "minimum": .minimum(try number(value))
    case "maximum": .maximum(try number(value))
    case "minLength": .minimumLength(try count(value))
    case "maxLength": .maximumLength(try count(value))
    case "minItems": .minimumCount(try count(value))
    case "maxItems": .maximumCount(try count(value))
    case "items": .items(try read(value))
    case "properties": .properties(try properties(value))
    case "required": .required(try names(value))
    case "additionalProperties": try closing(value, members["properties"])
    default: throw error("is a keyword that is not supported")
    }
  }

  private func types(_ value: JSONValue) throws -> [JSONTypeName] {
    let names = value.elements == nil ? [value] : try list(value, atLeast: 1)
    return try names.map { name in
      guard let type = name.text.flatMap(JSONTypeName.init(rawValue:)) else {
        throw error("must be one or more of null, boolean, integer, number, string, array, object")
      }
      return type
    }
  }

  private func properties(_ value: JSONValue) throws -> [JSONSchemaProperty] {
    guard case .object(let members) = value else { throw error("must be an object") }
    return try members.sorted { $0.key < $1.key }.map { name, schema in
      JSONSchemaProperty(name: name, schema: try at(name).read(schema))
    }
  }

  private func closing(_ value: JSONValue, _ properties: JSONValue?) throws -> JSONSchemaRule? {
    guard case .bool(let isOpen) = value else { throw error("must be true or false") }
    if isOpen { return nil }
    guard case .object(let members) = properties ?? [:] else { return nil }
    return .closed(members.keys.sorted())
  }

  private func names(_ value: JSONValue) throws -> [String] {
    try list(value, atLeast: 0).map { name in
      guard let name = name.text else { throw error("must be a list of strings") }
      return name
    }
  }

  private func list(_ value: JSONValue, atLeast least: Int) throws -> [JSONValue] {
    guard let elements = value.elements, elements.count >= least else {
      throw error(least == 0 ? "must be a list" : "must be a list that is not empty")
    }
    return elements
  }

  private func count(_ value: JSONValue) throws -> Int {
    guard let number = value.int, let count = Int(exactly: number), count >= 0 else {
      throw error("must be a whole number that is not negative")
    }
    return count
  }

  private func number(_ value: JSONValue) throws -> JSONValue {
    guard JSONTypeName.number.matches(value) else { throw error("must be a number") }
    return value
  }

  private func at(_ member: String) -> JSONSchemaReader {
    JSONSchemaReader(path: path + [member], depth: depth + 1)
  }

  private func error(_ detail: String) -> JSONSchemaError {
    JSONSchemaError(pointer: JSONPointer.text(path), detail: detail)
  }
}
