/// JSON text, sent as `jsonb` and read from `jsonb` and `json`.
///
/// The bytes are passed on as they are: the server checks them, and `jsonb` gives them back with
/// keys reordered and without insignificant space.
public struct PostgresJSON: PostgresCodable, Hashable {
  /// The JSON text in UTF-8.
  public var utf8: [UInt8]

  /// Wraps JSON text in UTF-8.
  public init(utf8: [UInt8]) { self.utf8 = utf8 }

  /// Wraps JSON text.
  public init(_ text: String) { utf8 = Array(text.utf8) }

  /// The JSON text.
  public var text: String { String(decoding: utf8, as: UTF8.self) }

  /// Declared as `jsonb`.
  public static var postgresType: PostgresType { .jsonb }

  /// `jsonb_recv`: version 1, then text.
  public func encode(into buffer: inout [UInt8]) {
    buffer.append(1)
    buffer.append(contentsOf: utf8)
  }

  /// - Throws: ``PostgresCell/Mismatch`` for NULL and for types not named above.
  public init(postgres cell: PostgresCell) throws(PostgresCell.Mismatch) {
    if cell.type == 114 {
      utf8 = Array(try cell.value())
      return
    }
    let bytes = try cell.value(of: .jsonb)
    guard bytes.first == 1 else { throw .init("a jsonb version other than 1") }
    utf8 = Array(bytes.dropFirst())
  }
}
