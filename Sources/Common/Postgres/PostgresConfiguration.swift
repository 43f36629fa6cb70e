import CPostgres

/// Where the database is and how long a call may take.
public struct PostgresConfiguration: Sendable {
  /// libpq keywords of the URL; holds the password, so private.
  private let keywords: [String: String]
  /// Shown in `pg_stat_activity` unless the URL names another.
  public let applicationName: String
  /// The most connections a pool opens, each with a thread of its own. Default 4, at least 1.
  public var maximumConnections = 4
  /// The longest wait for a free connection. Default 5 s.
  public var acquireTimeout: Duration = .seconds(5)
  /// The longest wait for a new connection, after name resolution. Default 5 s.
  public var connectTimeout: Duration = .seconds(5)
  /// `statement_timeout` of the server; 2 s later the client cancels, then drops the connection.
  /// Default 30 s.
  public var statementTimeout: Duration = .seconds(30)
  /// `lock_timeout` of the server; half of ``statementTimeout`` at most, as a statement that waits for
  /// a lock would else end by that, which does not tell why. Default 10 s.
  public var lockTimeout: Duration = .seconds(10)
  /// `idle_in_transaction_session_timeout` of the server. Default 5 s.
  public var idleInTransactionTimeout: Duration = .seconds(5)
  /// Further server settings for every connection, such as `["enable_seqscan": "off"]`.
  public var settings: [String: String] = [:]

  /// Reads a `postgres://` URL or a `key=value` string. Wraps `PQconninfoParse`.
  ///
  /// What it leaves out comes from libpq's environment variables and defaults. TLS is as the URL
  /// says (`sslmode=verify-full` outside of one machine); keepalives and `tcp_user_timeout` are
  /// set to notice a dead server within 10 to 25 s unless the URL sets them.
  ///
  /// - Throws: ``PostgresError/Code/badArgument``; libpq's reason is not shown, as it can quote
  ///   the password.
  public init(url: String, applicationName: String) throws(PostgresError) {
    guard let options = PQconninfoParse(url, nil) else {
      throw PostgresError(
        code: .badArgument, message: "neither a postgres:// URL nor a key=value string")
    }
    defer { PQconninfoFree(options) }
    var keywords: [String: String] = [:]
    var option = options
    while let keyword = option.pointee.keyword {
      if let value = option.pointee.val {
        keywords[String(cString: keyword)] = String(cString: value)
      }
      option += 1
    }
    self.keywords = keywords
    self.applicationName = applicationName
  }

  /// What `PQconnectStartParams` is given, with the timeouts as server `options`.
  var connectionParameters: [String: String] {
    var parameters = [
      "fallback_application_name": applicationName,
      "keepalives": "1", "keepalives_idle": "10", "keepalives_interval": "5",
      "keepalives_count": "3", "tcp_user_timeout": "10000",
    ]
    parameters.merge(keywords) { _, fromURL in fromURL }
    parameters["client_encoding"] = "UTF8"
    parameters["options"] = serverOptions
    return parameters
  }

  private var serverOptions: String {
    var all = [
      "statement_timeout": "\(statementTimeout.wholeMilliseconds)",
      "lock_timeout": "\(min(lockTimeout, statementTimeout / 2).wholeMilliseconds)",
      "idle_in_transaction_session_timeout": "\(idleInTransactionTimeout.wholeMilliseconds)",
    ]
    all.merge(settings) { _, fromSettings in fromSettings }
    let flags = all.sorted { $0.key < $1.key }.map { "-c \($0.key)=\(Self.escaped($0.value))" }
    return ([keywords["options"]].compactMap { $0 } + flags).joined(separator: " ")
  }

  /// Spaces and backslashes of `options` values want a backslash.
  private static func escaped(_ value: String) -> String {
    value.reduce(into: "") { text, character in
      if character == " " || character == "\\" { text.append("\\") }
      text.append(character)
    }
  }
}

extension PostgresConfiguration: CustomStringConvertible, CustomDebugStringConvertible {
  /// User, host, port and database, without the password.
  public var description: String {
    let user = keywords["user"].map { "\($0)@" } ?? ""
    let host = keywords["host"] ?? keywords["hostaddr"] ?? "local"
    let port = keywords["port"].map { ":\($0)" } ?? ""
    return "postgres://\(user)\(host)\(port)/\(keywords["dbname"] ?? "")"
  }

  /// The same as ``description``: the password is shown nowhere.
  public var debugDescription: String { description }
}

extension PostgresConfiguration: CustomReflectable {
  /// Without children, so that `dump` does not show the password.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}

extension Duration {
  /// Rounded up; at least 0, at most what an `Int32` holds.
  var wholeMilliseconds: Int32 {
    let (seconds, attoseconds) = components
    guard seconds >= 0, attoseconds >= 0 else { return 0 }
    guard seconds < 2_000_000 else { return 2_000_000_000 }
    return Int32(seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
  }
}
