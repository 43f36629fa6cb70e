import FoundationEssentials
import Jobs
import Postgres

extension Row {
  /// Reads a smallint column that holds the raw value of a closed enum.
  func stored<Value: RawRepresentable>(
    _ column: String, as type: Value.Type = Value.self
  ) throws(PostgresError) -> Value where Value.RawValue == Int16 {
    let raw = try decode(column, as: Int16.self)
    guard let value = Value(rawValue: raw) else {
      throw PostgresError(
        code: .decoding, message: "\(column) holds \(raw), which is no \(Value.self)")
    }
    return value
  }

  func target(_ column: String) throws(PostgresError) -> Target {
    let text = try decode(column, as: String.self)
    guard let target = Target(text) else {
      throw PostgresError(code: .decoding, message: "\(column) holds no target")
    }
    return target
  }

  /// Reads `targets`, `maximum_priority`, `may_operate`, `weight` and the role's name.
  func role(name: String) throws(PostgresError) -> Role {
    Role(
      name: try decode(name, as: String.self),
      targets: try decode("targets", as: [String].self).map(TargetPattern.init),
      maximumPriority: try stored("maximum_priority"),
      mayOperate: try decode("may_operate", as: Bool.self),
      weight: Int(try decode("weight", as: Int16.self)))
  }

  /// Reads `user_id`, `user_name`, the columns of ``role(name:)`` with the role's name in `role`, and
  /// the token.
  func principal(token: String = "token_id") throws(PostgresError) -> Principal {
    Principal(
      user: UserID(try decode("user_id", as: UUID.self)),
      userName: try decode("user_name", as: String.self),
      token: TokenID(try decode(token, as: UUID.self)), role: try role(name: "role"))
  }

  /// Reads `pool` and `priority`.
  func lane() throws(PostgresError) -> Lane {
    let name = try decode("pool", as: String.self)
    guard let pool = Pool(name) else {
      throw PostgresError(code: .decoding, message: "pool holds no pool's name")
    }
    return Lane(pool: pool, priority: try stored("priority"))
  }
}
