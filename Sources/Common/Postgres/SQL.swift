/// A statement with its parameters.
///
/// Interpolated values become parameters `$1`, `$2`, …, never text:
/// ```swift
/// let sql: SQL = "SELECT name FROM users WHERE id = \(id) AND state = ANY(\(states))"
/// ```
/// ``text`` depends only on the code and on raw parts, so it is a stable key for prepared
/// statements. Don't write `$1` by hand next to interpolated values.
public struct SQL: Sendable {
  /// The statement with placeholders.
  public private(set) var text: String
  /// One per placeholder, in order.
  private(set) var parameters: [Parameter]
  /// Where placeholders begin, in UTF-8 bytes of ``text``.
  private var placeholders: [Int]

  /// A parameter, encoded.
  struct Parameter: Sendable {
    let type: PostgresType
    let bytes: [UInt8]?
  }

  /// A statement without parameters from code-owned text. Never pass user input.
  public init(unsafeRaw text: String) {
    self.text = text
    parameters = []
    placeholders = []
  }

  /// The number of parameters; PostgreSQL takes up to 65,535.
  public var parameterCount: Int { parameters.count }

  mutating func append(_ value: some PostgresEncodable) {
    var bytes: [UInt8]?
    if !value.isPostgresNull {
      var buffer: [UInt8] = []
      value.encode(into: &buffer)
      bytes = buffer
    }
    append(Parameter(type: type(of: value).postgresType, bytes: bytes))
  }

  private mutating func append(_ parameter: Parameter) {
    parameters.append(parameter)
    placeholders.append(text.utf8.count)
    text += "$\(parameters.count)"
  }

  mutating func append(raw: String) { text += raw }

  /// Joins two parts; the placeholders of the right one are numbered on.
  public static func + (left: SQL, right: SQL) -> SQL {
    var sum = left
    sum += right
    return sum
  }

  /// Appends a part; its placeholders are numbered on.
  public static func += (left: inout SQL, right: SQL) {
    let utf8 = right.text.utf8
    var position = utf8.startIndex
    for (index, parameter) in right.parameters.enumerated() {
      let placeholder = utf8.index(utf8.startIndex, offsetBy: right.placeholders[index])
      left.text += right.text[position..<placeholder]
      left.append(parameter)
      position = utf8.index(placeholder, offsetBy: "$\(index + 1)".utf8.count)
    }
    left.text += right.text[position...]
  }
}

extension SQL: ExpressibleByStringInterpolation {
  /// A statement without parameters.
  public init(stringLiteral value: String) { self.init(unsafeRaw: value) }

  /// A statement with the interpolated values as parameters.
  public init(stringInterpolation: Interpolation) { self = stringInterpolation.sql }

  /// Collects literals, values, raw parts and other statements.
  public struct Interpolation: StringInterpolationProtocol {
    var sql = SQL(unsafeRaw: "")

    /// Begins empty; the capacities are hints and not used.
    public init(literalCapacity: Int, interpolationCount: Int) {}

    /// Text of the code.
    public mutating func appendLiteral(_ literal: String) { sql.append(raw: literal) }

    /// A parameter.
    public mutating func appendInterpolation(_ value: some PostgresEncodable) { sql.append(value) }

    /// A parameter that may be NULL.
    public mutating func appendInterpolation(_ value: (some PostgresEncodable)?) {
      sql.append(value)
    }

    /// A part of a statement, with its parameters.
    public mutating func appendInterpolation(_ part: SQL) { sql += part }

    /// Text that is code, such as a table's name. Never pass user input.
    public mutating func appendInterpolation(unsafeRaw text: String) { sql.append(raw: text) }
  }
}

/// Prints the text alone: parameters can hold secrets.
extension SQL: CustomStringConvertible {
  /// ``text``, without values.
  public var description: String { text }
}
