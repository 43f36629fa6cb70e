/// The server type of a parameter, with its wire format.
public struct PostgresType: Sendable, Hashable {
  /// How values travel.
  public enum Format: Int32, Sendable {
    /// The type's input syntax in UTF-8.
    case text = 0
    /// The type's `_send` / `_recv` format.
    case binary = 1
  }

  /// The type's OID; 0 lets the server infer it from the statement.
  public let oid: UInt32
  /// The OID of the array of this type; 0 lets the server infer it.
  public let arrayOID: UInt32
  /// The format that parameters of this type are sent in.
  public let format: Format

  /// Describes a type by its OIDs (`pg_type.oid`, `pg_type.typarray`).
  public init(oid: UInt32, arrayOID: UInt32, format: Format = .binary) {
    self.oid = oid
    self.arrayOID = arrayOID
    self.format = format
  }

  var array: PostgresType { PostgresType(oid: arrayOID, arrayOID: 0, format: format) }

  /// `boolean`.
  public static let bool = PostgresType(oid: 16, arrayOID: 1000)
  /// `bytea`.
  public static let bytea = PostgresType(oid: 17, arrayOID: 1001)
  /// `bigint`.
  public static let int8 = PostgresType(oid: 20, arrayOID: 1016)
  /// `smallint`.
  public static let int2 = PostgresType(oid: 21, arrayOID: 1005)
  /// `integer`.
  public static let int4 = PostgresType(oid: 23, arrayOID: 1007)
  /// `text`.
  public static let text = PostgresType(oid: 25, arrayOID: 1009)
  /// `real`.
  public static let float4 = PostgresType(oid: 700, arrayOID: 1021)
  /// `double precision`.
  public static let float8 = PostgresType(oid: 701, arrayOID: 1022)
  /// `timestamp with time zone`.
  public static let timestamptz = PostgresType(oid: 1184, arrayOID: 1185)
  /// `interval`.
  public static let interval = PostgresType(oid: 1186, arrayOID: 1187)
  /// `uuid`.
  public static let uuid = PostgresType(oid: 2950, arrayOID: 2951)
  /// `jsonb`.
  public static let jsonb = PostgresType(oid: 3802, arrayOID: 3807)
  /// Sent as text, its type inferred by the server; for types of extensions, with a cast.
  public static let inferred = PostgresType(oid: 0, arrayOID: 0, format: .text)

  /// The first OID that is not reserved for built-in types.
  static let firstUserOID: UInt32 = 16384
  /// `json`, `name`, `bpchar`, `varchar`, `"char"`, `unknown`: read as text.
  static let textOIDs: Set<UInt32> = [18, 19, 25, 114, 705, 1042, 1043]
}
