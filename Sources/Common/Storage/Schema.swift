public import Postgres

/// The database's shape: its migrations, and what they call the values of `Jobs`.
public enum Schema {
  /// All migrations, oldest first; numbers never change once released.
  public static let migrations = [
    Migration(number: 1, name: "foundation", sql: migration0001),
    Migration(number: 2, name: "reach", sql: migration0002),
    Migration(number: 3, name: "effects", sql: migration0003),
  ]

  /// The migration number that this build needs at least.
  public static let requiredVersion = 3
}
