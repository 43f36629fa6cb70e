import HTTPTypes
import Jobs

extension HTTPField.Name {
  /// RFC 7240.
  static let prefer = HTTPField.Name(valid: "prefer")
  /// RFC 7240.
  static let preferenceApplied = HTTPField.Name(valid: "preference-applied")
  /// draft-ietf-httpapi-idempotency-key-header.
  static let idempotencyKey = HTTPField.Name(valid: "idempotency-key")
  /// Says that the answer repeats that of an earlier request with the same key.
  static let idempotencyReplayed = HTTPField.Name(valid: "idempotency-replayed")
  /// Says that the job is one that was there before, with the same `unique_key`.
  static let uniqueDuplicate = HTTPField.Name(valid: "unique-duplicate")
  /// Ties an answer to log lines.
  static let requestID = HTTPField.Name(valid: "x-request-id")
  /// A second `Host`; the first one is the request's authority.
  static let repeatedHost = HTTPField.Name(valid: "host")
  /// The event after which a stream goes on (WHATWG HTML, section 9.2.5).
  static let lastEventID = HTTPField.Name(valid: "last-event-id")
  /// `no` keeps proxies such as nginx from holding an answer back.
  static let accelBuffering = HTTPField.Name(valid: "x-accel-buffering")
  /// Which sources a page may load from.
  static let contentSecurityPolicy = HTTPField.Name(valid: "content-security-policy")
  /// RFC 8288.
  static let link = HTTPField.Name(valid: "link")

  /// For the constants above, which are valid names.
  private init(valid name: String) { self = HTTPField.Name(name) ?? .from }
}

/// What a request's headers say, beyond their text.
struct RequestHeaders {
  let fields: HTTPFields

  /// The token of `Authorization: Bearer <b64token>` (RFC 6750, section 2.1).
  ///
  /// - Throws: A 401 problem when there is none or it has another form.
  func bearerToken() throws(Problem) -> String {
    guard let value = fields[.authorization] else {
      throw .unauthorized(
        .missingToken, "Send a token as 'Authorization: Bearer <token>'.", error: nil)
    }
    let words = value.split(separator: " ")
    guard words.count == 2, words[0].lowercased() == "bearer", RequestHeaders.isToken(words[1])
    else {
      throw .unauthorized(
        .malformedToken, "The Authorization header is not 'Bearer <token>'.",
        error: "invalid_token")
    }
    return String(words[1])
  }

  /// 1 to 512 characters of RFC 6750's `b64token`.
  private static func isToken(_ text: Substring) -> Bool {
    let body = text.utf8.reversed().drop { $0 == UInt8(ascii: "=") }
    return text.utf8.count <= 512 && !body.isEmpty
      && body.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
          UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "+"), UInt8(ascii: "/"):
          true
        default: false
        }
      }
  }

  /// `Idempotency-Key`, bare or as a structured-field string in quotes: 1 to 255 printable ASCII
  /// characters once the quotes and their escapes are off.
  ///
  /// - Returns: `nil` without the header.
  func idempotencyKey() throws(Problem) -> String? {
    guard let value = fields[.idempotencyKey] else { return nil }
    var key: [UInt8]? = [UInt8](value.utf8)
    if value.utf8.first == UInt8(ascii: "\"") { key = RequestHeaders.unquoted(value) }
    guard let key, (1...255).contains(key.count), key.allSatisfy({ (0x20...0x7E).contains($0) })
    else {
      throw Problem(
        .malformedHeader, "The Idempotency-Key is not 1 to 255 printable ASCII characters.",
        faults: [.init(header: "idempotency-key", "1 to 255 printable ASCII characters.")])
    }
    return String(decoding: key, as: UTF8.self)
  }

  /// The content of a structured-field string (RFC 9651, section 3.3.3) without parameters.
  private static func unquoted(_ text: String) -> [UInt8]? {
    var content: [UInt8] = []
    var bytes = text.utf8.dropFirst().makeIterator()
    while let byte = bytes.next() {
      switch byte {
      case UInt8(ascii: "\""): return bytes.next() == nil ? content : nil
      case UInt8(ascii: "\\"):
        guard let next = bytes.next(), next == UInt8(ascii: "\"") || next == UInt8(ascii: "\\")
        else { return nil }
        content.append(next)
      default: content.append(byte)
      }
    }
    return nil
  }

  /// The seconds of `Prefer: wait=N` (RFC 7240), 60 at most; the first one counts.
  ///
  /// - Returns: `nil` without it and for anything malformed: a preference may be ignored.
  func preferredWait() -> Int? {
    for preference in fields[values: .prefer].flatMap({ $0.split(separator: ",") }) {
      let words = preference.split(separator: ";").first?.split(separator: "=", maxSplits: 1) ?? []
      guard words.count == 2, trimmed(words[0]).lowercased() == "wait" else { continue }
      let value = trimmed(words[1])
      let isQuoted = value.utf8.count > 2 && value.hasPrefix("\"") && value.hasSuffix("\"")
      return seconds(isQuoted ? value.dropFirst().dropLast() : value)
    }
    return nil
  }

  /// A number of digits, 60 at most however many they are.
  private func seconds(_ text: Substring) -> Int? {
    let digits = text.drop { $0 == "0" }
    guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return digits.isEmpty ? 0 : min(decimal(digits) ?? 60, 60)
  }

  /// Whether `If-None-Match` names the tag or `*`; compares weakly (RFC 9110, section 13.1.2).
  func noneMatchNames(_ tag: String) -> Bool {
    fields[values: .ifNoneMatch].flatMap { $0.split(separator: ",") }.contains { entry in
      let entry = trimmed(entry)
      return entry == "*" || (entry.hasPrefix("W/") ? entry.dropFirst(2) : entry) == tag[...]
    }
  }

  /// Whether the body is declared as JSON in UTF-8.
  var isJSON: Bool { hasContentType("application/json") }

  /// Whether the body is declared as lines of JSON in UTF-8.
  var isJSONLines: Bool {
    hasContentType("application/x-ndjson") || hasContentType("application/jsonl")
  }

  private func hasContentType(_ type: String) -> Bool {
    let value = fields[.contentType] ?? ""
    if value.utf8.elementsEqual(type.utf8) { return true }
    let parts = value.split(separator: ";").map { trimmed($0).lowercased() }
    guard parts.first == type else { return false }
    return parts.dropFirst().allSatisfy { $0 == "charset=utf-8" || $0 == "charset=\"utf-8\"" }
  }
}

extension Problem {
  /// A 401 with its challenge (RFC 6750, section 3).
  static func unauthorized(_ kind: ProblemKind, _ detail: String, error: String?) -> Problem {
    let suffix = error.map { ", error=\"\($0)\"" } ?? ""
    return Problem(
      kind, detail, headers: [.wwwAuthenticate: "Bearer realm=\"openclaw\"" + suffix])
  }
}

/// Without the spaces and tabs around it.
func trimmed(_ text: Substring) -> Substring {
  let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" }
  let start = text.drop(while: isSpace)
  return start.lastIndex { !isSpace($0) }.map { start[...$0] } ?? ""
}
