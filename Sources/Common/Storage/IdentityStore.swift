public import FoundationEssentials
public import Jobs
public import Postgres
public import Security

/// Users, roles and their API tokens.
public struct IdentityStore: Sendable {
  private let pool: PostgresPool
  private let hasher: TokenHasher

  /// `hasher` must hold the keys that tokens were hashed with, else they count as unknown.
  public init(pool: PostgresPool, hasher: TokenHasher) {
    self.pool = pool
    self.hasher = hasher
  }

  /// Whom a token proves; `nil` when it is unknown, expired or revoked, or its user is disabled.
  ///
  /// - Parameter remaining: How long it must still be valid.
  public func principal(
    for token: BearerToken, validFor remaining: Duration = .zero
  ) async throws -> Principal? {
    let found = try await principals(of: hasher.candidates(token), validFor: remaining)
    return found.values.first
  }

  /// Whom tokens prove, by their hashes; without those that prove nobody.
  ///
  /// - Parameter remaining: How long they must still be valid.
  public func principals(
    of hashes: [[UInt8]], validFor remaining: Duration = .zero
  ) async throws -> [[UInt8]: Principal] {
    let rows = try await pool.query(
      """
      SELECT tokens.hash, tokens.id, users.id AS user_id, users.name AS user_name,
        roles.name AS role, roles.targets, roles.maximum_priority, roles.may_operate,
        roles.weight
      FROM tokens JOIN users ON users.id = tokens.user_id JOIN roles ON roles.name = users.role
      WHERE tokens.hash = ANY(\(hashes))
        AND tokens.expires_at > now() + \(remaining.components.seconds) * interval '1 s'
        AND tokens.revoked_at IS NULL AND users.disabled_at IS NULL
      """)
    return try rows.reduce(into: [:]) { found, row in
      found[try row.decode("hash", as: [UInt8].self)] = try row.principal(token: "id")
    }
  }

  /// A user by name.
  public func user(named name: String) async throws -> UserRecord? {
    let condition: SQL = "WHERE name = \(name)"
    return try await pool.query(Self.users + condition).first.map(UserRecord.init)
  }

  /// All users, by name.
  public func users() async throws -> [UserRecord] {
    let order: SQL = "ORDER BY name"
    return try await pool.query(Self.users + order).map(UserRecord.init)
  }

  /// Creates a user, audited.
  ///
  /// - Throws: `PostgresError` with `uniqueViolation` for a taken name and `foreignKeyViolation`
  ///   for an unknown role.
  public func createUser(named name: String, role: String) async throws -> UserRecord {
    let id = UserID()
    let rows = try await pool.pipeline([
      """
      INSERT INTO users (id, name, role) VALUES (\(id.uuid), \(name), \(role))
      RETURNING id, name, role, created_at, disabled_at
      """,
      Self.audit("user.create", subject: id.description, user: id),
    ])
    guard let row = rows.first?.first else { throw PostgresError.noRow }
    return try UserRecord(row)
  }

  /// Makes a token; the secret is not stored.
  ///
  /// - Parameter lifetime: How long it is valid, from now.
  public func createToken(
    for user: UserID, named name: String, lifetime: Duration
  ) async throws -> (secret: BearerToken, record: TokenRecord) {
    let secret = BearerToken()
    let id = TokenID()
    let rows = try await pool.pipeline([
      """
      INSERT INTO tokens (id, user_id, name, hash, expires_at)
      VALUES (\(id.uuid), \(user.uuid), \(name), \(hasher.hash(secret)),
        now() + \(lifetime.components.seconds) * interval '1 s')
      RETURNING id, user_id, name, created_at, expires_at, revoked_at,
        (SELECT name FROM users WHERE id = user_id) AS user_name
      """,
      Self.audit("token.create", subject: id.description, user: user),
    ])
    guard let row = rows.first?.first else { throw PostgresError.noRow }
    return (secret, try TokenRecord(row))
  }

  /// All tokens of a user, or of everyone, newest first.
  public func tokens(of user: UserID?) async throws -> [TokenRecord] {
    try await pool.query(
      """
      SELECT tokens.*, users.name AS user_name FROM tokens
      JOIN users ON users.id = tokens.user_id
      WHERE \(user?.uuid)::uuid IS NULL OR user_id = \(user?.uuid)
      ORDER BY tokens.created_at DESC
      """
    ).map(TokenRecord.init)
  }

  /// What is known of a token that is in force; `nil` for any other.
  public func terms(of token: TokenID) async throws -> TokenTerms? {
    try await pool.query(
      """
      SELECT name, created_at, expires_at FROM tokens
      WHERE id = \(token.uuid) AND revoked_at IS NULL AND expires_at > now()
      """
    ).first.map { row in
      TokenTerms(
        name: try row.decode("name", as: String.self),
        createdAt: try row.decode("created_at", as: Date.self),
        expiresAt: try row.decode("expires_at", as: Date.self))
    }
  }

  /// Revokes a token; `false` when there is none or it is revoked already.
  public func revokeToken(_ id: TokenID) async throws -> Bool {
    let rows = try await pool.query(
      """
      WITH revoked AS (
        UPDATE tokens SET revoked_at = now() WHERE id = \(id.uuid) AND revoked_at IS NULL
        RETURNING user_id
      )
      INSERT INTO audit_log (user_id, action, subject, outcome)
      SELECT user_id, 'token.revoke', \(id.description), 'done' FROM revoked RETURNING 1 AS done
      """)
    return !rows.isEmpty
  }

  /// Disables a user: their tokens stop working, and their waiting steps are cancelled when a
  /// worker meets them. `false` when there is none or they are disabled already.
  public func revokeUser(named name: String) async throws -> Bool {
    let rows = try await pool.query(
      """
      WITH disabled AS (
        UPDATE users SET disabled_at = now() WHERE name = \(name) AND disabled_at IS NULL
        RETURNING id
      )
      INSERT INTO audit_log (user_id, action, subject, outcome)
      SELECT id, 'user.revoke', id::text, 'done' FROM disabled RETURNING 1 AS done
      """)
    return !rows.isEmpty
  }

  private static let users: SQL =
    "SELECT id, name, role, created_at, disabled_at FROM users "

  private static func audit(_ action: String, subject: String, user: UserID) -> SQL {
    """
    INSERT INTO audit_log (user_id, action, subject, outcome)
    VALUES (\(user.uuid), \(action), \(subject), 'done')
    """
  }
}

/// A user as operators see them.
public struct UserRecord: Sendable, Hashable {
  /// Stays when the user is disabled.
  public let id: UserID
  /// Unique among users.
  public let name: String
  /// The name of an existing role.
  public let role: String
  /// By the database's clock.
  public let createdAt: Date
  /// Since when nothing of theirs is accepted; `nil` while they are active.
  public let disabledAt: Date?

  init(_ row: Row) throws(PostgresError) {
    id = UserID(try row.decode("id", as: UUID.self))
    name = try row.decode("name", as: String.self)
    role = try row.decode("role", as: String.self)
    createdAt = try row.decode("created_at", as: Date.self)
    disabledAt = try row.decode("disabled_at", as: Date?.self)
  }
}

/// A token as operators see it; never its secret.
public struct TokenRecord: Sendable, Hashable {
  /// Names the token to revoke it; not secret.
  public let id: TokenID
  /// Whom the token proves.
  public let userName: String
  /// A label for people; need not be unique.
  public let name: String
  /// By the database's clock.
  public let createdAt: Date
  /// From then on it proves nobody.
  public let expiresAt: Date
  /// When it was revoked; `nil` if it was not.
  public let revokedAt: Date?

  init(_ row: Row) throws(PostgresError) {
    id = TokenID(try row.decode("id", as: UUID.self))
    userName = try row.decode("user_name", as: String.self)
    name = try row.decode("name", as: String.self)
    createdAt = try row.decode("created_at", as: Date.self)
    expiresAt = try row.decode("expires_at", as: Date.self)
    revokedAt = try row.decode("revoked_at", as: Date?.self)
  }
}

extension PostgresError {
  static var noRow: PostgresError {
    PostgresError(code: .decoding, message: "the statement answered no row")
  }
}
