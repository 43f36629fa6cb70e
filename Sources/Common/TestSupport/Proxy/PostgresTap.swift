/// What a request to PostgreSQL writes, as a proxy can tell from its text.
public enum PostgresWrite: String, Sendable, Hashable, CaseIterable, Comparable {
  case other, claim, finish, accept

  /// In the order of how much they tell about a transaction.
  public static func < (left: Self, right: Self) -> Bool {
    allCases.firstIndex(of: left) ?? 0 < allCases.firstIndex(of: right) ?? 0
  }

  /// `nil` for a statement that only reads.
  init?(statement: some StringProtocol) {
    if statement.contains("INSERT INTO jobs") {
      self = .accept
    } else if statement.contains("SET state = end_state") {
      self = .finish
    } else if statement.contains("SET state = 3, claim_id") {
      self = .claim
    } else if ["INSERT INTO", "UPDATE ", "DELETE FROM"].contains(where: statement.contains) {
      self = .other
    } else {
      return nil
    }
  }
}

/// Follows one connection of the PostgreSQL protocol (version 3, "Message Formats" in its manual)
/// far enough to know which answers say that a write is committed. Pure.
struct PostgresTap {
  private enum Phase { case startup, running }

  private var phase = Phase.startup
  private var awaitsEncryptionByte = false
  private var fromClient: [UInt8] = []
  private var fromServer: [UInt8] = []
  /// What prepared statements write, by their names.
  private var statements: [String: PostgresWrite] = [:]
  /// What the request that is being sent writes.
  private var current: PostgresWrite?
  /// Requests whose answers are to come.
  private var requests: [PostgresWrite?] = []
  /// What the open transaction has written.
  private var transaction: PostgresWrite?
  private var hasError = false

  /// Whether the answer that comes now belongs to a request that writes, or may commit one.
  var isAwaitingWrite: Bool {
    guard let request = requests.first else { return false }
    return request != nil || transaction != nil
  }

  /// Takes bytes on their way to the server.
  mutating func sent(_ bytes: [UInt8]) {
    fromClient += bytes
    while let message = takeFromClient() { read(message.type, message.body) }
  }

  /// Takes bytes on their way to the client.
  ///
  /// - Returns: What has been committed, if these bytes end the answer that says so.
  mutating func answered(_ bytes: [UInt8]) -> PostgresWrite? {
    fromServer += bytes
    if awaitsEncryptionByte, !fromServer.isEmpty {
      fromServer.removeFirst()
      awaitsEncryptionByte = false
    }
    var committed: PostgresWrite?
    while let message = Self.take(&fromServer) {
      switch message.type {
      case UInt8(ascii: "E"): hasError = true
      case UInt8(ascii: "Z"): committed = ready(isIdle: message.body.first == UInt8(ascii: "I"))
      default: break
      }
    }
    return committed
  }

  private mutating func ready(isIdle: Bool) -> PostgresWrite? {
    defer { hasError = false }
    guard !requests.isEmpty else { return nil }
    let written = [requests.removeFirst(), transaction].compactMap { $0 }.max()
    transaction = isIdle ? nil : written
    return isIdle && !hasError ? written : nil
  }

  private mutating func read(_ type: UInt8, _ body: ArraySlice<UInt8>) {
    switch type {
    case UInt8(ascii: "P"):
      let (name, rest) = Self.string(body)
      statements[name] = PostgresWrite(statement: Self.string(rest).text)
    case UInt8(ascii: "B"):
      let name = Self.string(Self.string(body).rest).text
      current = [current, statements[name]].compactMap { $0 }.max()
    case UInt8(ascii: "Q"):
      requests.append(PostgresWrite(statement: Self.string(body).text))
    case UInt8(ascii: "S"):
      requests.append(current)
      current = nil
    default: break
    }
  }

  private mutating func takeFromClient() -> (type: UInt8, body: ArraySlice<UInt8>)? {
    guard phase == .startup else { return Self.take(&fromClient) }
    guard fromClient.count >= 8, case let length = Self.number(fromClient[..<4]),
      length >= 8, fromClient.count >= length
    else { return nil }
    let code = Self.number(fromClient[4..<8])
    fromClient.removeFirst(length)
    // SSLRequest and GSSENCRequest are answered with one byte, then the startup begins anew.
    if code == 80_877_103 || code == 80_877_104 {
      awaitsEncryptionByte = true
    } else {
      phase = .running
    }
    return (0, [])
  }

  private static func take(_ bytes: inout [UInt8]) -> (type: UInt8, body: ArraySlice<UInt8>)? {
    guard bytes.count >= 5 else { return nil }
    let length = number(bytes[1..<5])
    guard length >= 4, bytes.count > length else { return nil }
    let message = (bytes[0], bytes[5..<(length + 1)])
    bytes.removeFirst(length + 1)
    return message
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> Int {
    bytes.reduce(0) { $0 << 8 | Int($1) }
  }

  private static func string(_ bytes: ArraySlice<UInt8>) -> (text: String, rest: ArraySlice<UInt8>)
  {
    let end = bytes.firstIndex(of: 0) ?? bytes.endIndex
    return (String(decoding: bytes[..<end], as: UTF8.self), bytes[min(end + 1, bytes.endIndex)...])
  }
}
