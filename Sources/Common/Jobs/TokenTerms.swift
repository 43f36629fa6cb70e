public import FoundationEssentials

/// What whoever shows a token may know of it.
public struct TokenTerms: Sendable, Hashable {
  /// A label for people.
  public let name: String
  /// By the database's clock.
  public let createdAt: Date
  /// From then on it proves nobody.
  public let expiresAt: Date

  /// Takes one reading.
  public init(name: String, createdAt: Date, expiresAt: Date) {
    self.name = name
    self.createdAt = createdAt
    self.expiresAt = expiresAt
  }
}
