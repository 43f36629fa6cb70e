public import FoundationEssentials

/// One numbered step of the schema, forward only. Its text must never change once released.
public struct Migration: Sendable, Hashable {
  /// Its place in the order, from 1.
  public let number: Int
  /// What it does, in a few words.
  public let name: String
  /// Statements that neither begin nor end a transaction.
  public let sql: String

  /// A migration.
  public init(number: Int, name: String, sql: String) {
    self.number = number
    self.name = name
    self.sql = sql
  }

  /// FNV-1a of the text, 64 bits in hexadecimal: notices an edit, not an attack.
  public var checksum: String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in sql.utf8 {
      hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
    }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}

extension Migration {
  /// A migration that the database has, known to this program or not.
  public struct Applied: Sendable, Hashable {
    /// Its number.
    public let number: Int
    /// Its name when it was applied.
    public let name: String
    /// Its checksum when it was applied.
    public let checksum: String
    /// When its transaction began, by the database's clock.
    public let appliedAt: Date
  }
}
