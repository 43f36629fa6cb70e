/// A five-character SQLSTATE: its meaning for a caller, and what of its text may be shown.
///
/// Source: PostgreSQL documentation, appendix A, "PostgreSQL Error Codes".
struct SQLState {
  let value: String

  private static let codes: [String: PostgresError.Code] = [
    "40001": .serializationFailure, "40P01": .deadlock,
    "0A000": .planInvalidated, "26000": .planInvalidated,
    "23505": .uniqueViolation, "23514": .checkViolation,
    "23503": .foreignKeyViolation, "23502": .notNullViolation,
    "57014": .statementTimeout, "55P03": .lockTimeout, "25P02": .transactionAborted,
    "25P03": .connectionLost, "57P01": .connectionLost, "57P02": .connectionLost,
    "57P03": .connectFailed, "57P04": .connectionLost, "57P05": .connectionLost,
    "53300": .connectFailed,
  ]

  /// Names of states whose text can hold values.
  private static let conditions: [String: String] = [
    "22001": "string_data_right_truncation", "22003": "numeric_value_out_of_range",
    "22004": "null_value_not_allowed", "22007": "invalid_datetime_format",
    "22008": "datetime_field_overflow", "22012": "division_by_zero",
    "22021": "character_not_in_repertoire", "22023": "invalid_parameter_value",
    "22026": "string_data_length_mismatch", "22P02": "invalid_text_representation",
    "22P03": "invalid_binary_representation", "22P05": "untranslatable_character",
    "42601": "syntax_error", "P0001": "raise_exception", "P0002": "no_data_found",
    "54000": "program_limit_exceeded", "XX000": "internal_error",
  ]

  private static let classes: [String: String] = [
    "0A": "feature_not_supported", "21": "cardinality_violation", "22": "data_exception",
    "25": "invalid_transaction_state", "2B": "dependent_objects_still_exist",
    "54": "program_limit_exceeded", "58": "system_error", "P0": "plpgsql_error",
    "XX": "internal_error",
  ]

  /// Classes whose primary message names schema objects or conditions, never values: connection,
  /// constraint, transaction state, authorization, rollback, names and types, resources.
  private static let safeClasses: Set<String> = [
    "08", "23", "25", "26", "28", "3D", "3F", "40", "42", "53", "55", "57",
  ]

  /// The kind of failure; class 08 is a lost connection.
  var code: PostgresError.Code {
    if let code = Self.codes[value] { return code }
    return value.hasPrefix("08") ? .connectionLost : .server
  }

  /// The server's primary message when it cannot hold values, otherwise the condition's name.
  func safeMessage(primary: String) -> String {
    let group = String(value.prefix(2))
    if Self.safeClasses.contains(group), value != "42601" { return primary }
    if value == "0A000", primary.hasPrefix("cached plan") { return primary }
    return Self.conditions[value] ?? Self.classes[group] ?? "SQLSTATE \(value)"
  }
}
