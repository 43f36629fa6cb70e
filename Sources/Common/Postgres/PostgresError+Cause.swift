extension PostgresError {
  /// What a failure says about the database and the program.
  public enum Cause: Sendable, Hashable {
    /// It is away, or too slow or too busy; the same may work later.
    case unavailable
    /// It lacks a table, a column or a function: a migration is missing.
    case outdatedSchema
    /// The statement, its values or what reads its rows is wrong, and stays so.
    case defect
  }

  /// Whom to tell what. By ``code``, and for ``Code/server`` by ``sqlState``.
  public var cause: Cause {
    let passing: [Code] = [
      .connectFailed, .connectionLost, .commitUnknown, .poolTimeout, .poolClosed,
      .statementTimeout, .lockTimeout, .serializationFailure, .deadlock, .planInvalidated,
      .cancelled,
    ]
    if passing.contains(code) { return .unavailable }
    guard code == .server, let sqlState else { return .defect }
    if Self.lackingStates.contains(sqlState) { return .outdatedSchema }
    return Self.passingStates.contains { sqlState.hasPrefix($0) } ? .unavailable : .defect
  }

  /// undefined_table, undefined_column, undefined_function, undefined_object, invalid_schema_name.
  private static let lackingStates: Set<String> = ["42P01", "42703", "42883", "42704", "3F000"]

  /// Connections, read-only transactions, logins, missing databases, transactions that were rolled
  /// back, lack of resources, wrong states of objects, intervention, errors of the system and
  /// damaged data.
  private static let passingStates = [
    "08", "25006", "28", "3D", "40", "53", "55", "57", "58", "XX001", "XX002",
  ]
}
