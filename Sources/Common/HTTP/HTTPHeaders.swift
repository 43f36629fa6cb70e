/// Header fields in the order they are sent or came in; a name may occur several times.
///
/// Names compare without regard to ASCII case (RFC 9110, section 5.1).
public struct HTTPHeaders: Sendable, Hashable {
  /// One field.
  public struct Field: Sendable, Hashable {
    /// A token, in the case it was given or sent in.
    public let name: String
    /// Without white space around it; what a server sent is decoded as UTF-8 with repair.
    public let value: String

    /// Unchecked; the client checks what it sends.
    public init(name: String, value: String) {
      self.name = name
      self.value = value
    }
  }

  /// All fields, in order.
  public private(set) var fields: [Field] = []

  /// No fields.
  public init() {}

  /// The first value under the name. Setting replaces all fields of that name; `nil` removes them.
  public subscript(name: String) -> String? {
    get { fields.first { Self.isSame($0.name, name) }?.value }
    set {
      fields.removeAll { Self.isSame($0.name, name) }
      if let newValue { add(newValue, for: name) }
    }
  }

  /// All values under the name, in order.
  public func values(for name: String) -> [String] {
    fields.filter { Self.isSame($0.name, name) }.map(\.value)
  }

  /// Appends a field, also when the name is there already.
  public mutating func add(_ value: String, for name: String) {
    fields.append(Field(name: name, value: value))
  }

  private static func isSame(_ left: String, _ right: String) -> Bool {
    left.utf8.count == right.utf8.count
      && zip(left.utf8, right.utf8).allSatisfy { lowercased($0) == lowercased($1) }
  }

  private static func lowercased(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
  }
}

extension HTTPHeaders: ExpressibleByDictionaryLiteral {
  /// In the order written; a name may occur several times.
  public init(dictionaryLiteral elements: (String, String)...) {
    for (name, value) in elements { add(value, for: name) }
  }
}

extension HTTPHeaders: CustomStringConvertible {
  /// The names alone: values may hold tokens.
  public var description: String { fields.map(\.name).joined(separator: ", ") }
}

extension HTTPHeaders: CustomDebugStringConvertible {
  /// The names alone: values may hold tokens.
  public var debugDescription: String { description }
}

extension HTTPHeaders: CustomReflectable {
  /// Empty, so that `dump` and string interpolation of what holds headers shows no token.
  public var customMirror: Mirror { Mirror(self, children: []) }
}
