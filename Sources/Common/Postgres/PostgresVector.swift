/// pgvector's `vector`, of single precision.
///
/// The extension's OID differs per database, so a parameter is sent as text and wants a cast
/// where the server cannot infer it: `\(embedding)::vector`, `unnest(\(list)::vector[])`.
public struct PostgresVector: PostgresCodable, Hashable {
  /// The components; pgvector takes 1 to 16,000 finite ones.
  public var components: [Float]

  /// A vector of these components.
  public init(_ components: [Float]) { self.components = components }

  /// Sent as text; the server infers the type.
  public static var postgresType: PostgresType { .inferred }

  /// `[1.0,2.0]`, with as many digits as give the same bits back.
  public func encode(into buffer: inout [UInt8]) {
    buffer.append(UInt8(ascii: "["))
    for (index, component) in components.enumerated() {
      if index > 0 { buffer.append(UInt8(ascii: ",")) }
      buffer.append(contentsOf: component.description.utf8)
    }
    buffer.append(UInt8(ascii: "]"))
  }

  /// `vector_send`: dimension, a reserved field, components.
  public init(postgres cell: PostgresCell) throws(PostgresCell.Mismatch) {
    let bytes = try cell.value()
    guard cell.type >= PostgresType.firstUserOID else {
      throw .init("the type with OID \(cell.type)")
    }
    var reader = BinaryReader(bytes)
    let count = Int(try reader.integer(UInt16.self))
    _ = try reader.integer(UInt16.self)
    guard bytes.count == 4 + 4 * count else { throw .init("a value that is not a vector") }
    components = []
    components.reserveCapacity(count)
    for _ in 0..<count {
      components.append(Float(bitPattern: try reader.integer(UInt32.self)))
    }
  }
}
