import Jobs

/// The parameters of a request's query, each name once.
struct Query: Sendable {
  private var values: [String: String] = [:]

  init() {}

  /// Reads a query, strictly.
  ///
  /// - Parameter text: What follows the `?`; `nil` when there was none.
  /// - Throws: ``Problem`` for bytes that are not percent-encoded UTF-8 text and for a name that
  ///   comes twice.
  init(_ text: String?) throws(Problem) {
    for pair in (text ?? "").utf8.split(separator: UInt8(ascii: "&")) {
      let parts = pair.split(
        separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      guard let first = parts.first, let name = Query.decode(first),
        let value = parts.count == 2 ? Query.decode(parts[1]) : ""
      else { throw Problem(.malformedQuery, "The query is not percent-encoded UTF-8 text.") }
      guard values.updateValue(value, forKey: name) == nil else {
        throw Problem(
          .duplicateQueryParameter, "A query parameter comes twice.",
          faults: [.init(parameter: name, "May come once.")])
      }
    }
  }

  subscript(name: String) -> String? { values[name] }

  var names: [String] { values.keys.sorted() }

  /// Refuses names that the route does not know.
  func check(known: Set<String>) throws(Problem) {
    let unknown = names.filter { !known.contains($0) }
    guard !unknown.isEmpty else { return }
    throw Problem(
      .unknownQueryParameter,
      known.isEmpty
        ? "This route takes no query parameters."
        : "This route knows only: \(known.sorted().joined(separator: ", ")).",
      faults: unknown.prefix(20).map { .init(parameter: $0, "Unknown.") })
  }

  /// A whole number in a range.
  ///
  /// - Returns: `nil` when the parameter is missing.
  func integer(_ name: String, in range: ClosedRange<Int>) throws(Problem) -> Int? {
    guard let text = values[name] else { return nil }
    guard let value = decimal(text), range.contains(value) else {
      throw Problem(
        .invalidQueryParameter, "A query parameter has a bad value.",
        faults: [
          .init(
            parameter: name, "A whole number from \(range.lowerBound) to \(range.upperBound).")
        ])
    }
    return value
  }

  /// One of some words.
  ///
  /// - Returns: `nil` when the parameter is missing.
  func word(_ name: String, of words: [String]) throws(Problem) -> String? {
    guard let text = values[name] else { return nil }
    guard let word = words.first(where: { $0.utf8.elementsEqual(text.utf8) }) else {
      throw Problem(
        .invalidQueryParameter, "A query parameter has a bad value.",
        faults: [.init(parameter: name, "One of \(words.joined(separator: ", ")).")])
    }
    return word
  }

  /// The parameter `target`; `nil` when it is missing.
  func target() throws(Problem) -> Target? {
    guard let text = values["target"] else { return nil }
    guard let target = Target(text) else {
      throw Problem(
        .invalidQueryParameter, "A query parameter has a bad value.",
        faults: [.init(parameter: "target", "'agent:<name>' or 'skill:<namespace>.<verb>'.")])
    }
    return target
  }

  /// The parameter `batch_id`; `nil` when it is missing.
  func batch() throws(Problem) -> BatchID? {
    guard let text = values["batch_id"] else { return nil }
    guard let batch = BatchID(text) else {
      throw Problem(
        .invalidQueryParameter, "A query parameter has a bad value.",
        faults: [.init(parameter: "batch_id", "The UUID of a batch.")])
    }
    return batch
  }

  /// Percent-decodes; `+` is a space, as in forms.
  ///
  /// - Returns: `nil` for a bad escape, for what is not UTF-8 and for control characters.
  static func decode(_ bytes: Substring.UTF8View) -> String? {
    var decoded: [UInt8] = []
    var rest = bytes.makeIterator()
    while let byte = rest.next() {
      switch byte {
      case UInt8(ascii: "%"):
        guard let high = rest.next().flatMap(hexadecimalDigit),
          let low = rest.next().flatMap(hexadecimalDigit)
        else { return nil }
        decoded.append(high << 4 | low)
      case UInt8(ascii: "+"): decoded.append(UInt8(ascii: " "))
      default: decoded.append(byte)
      }
    }
    guard decoded.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else { return nil }
    return String(validating: decoded, as: UTF8.self)
  }

  /// Percent-encodes what is not unreserved (RFC 3986, section 2.3).
  static func encode(_ text: String) -> String {
    text.utf8.reduce(into: "") { encoded, byte in
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"), UInt8(ascii: "~"):
        encoded.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        let digits = String(byte, radix: 16, uppercase: true)
        encoded += digits.utf8.count == 1 ? "%0\(digits)" : "%\(digits)"
      }
    }
  }

  private static func hexadecimalDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}

extension Problem.Fault {
  /// A query parameter's fault; a long name is cut.
  init(parameter: String, _ detail: String) {
    self.init(place: .parameter(clipped(parameter, to: 100)), detail: detail)
  }

  /// A header's fault.
  init(header: String, _ detail: String) { self.init(place: .header(header), detail: detail) }

  /// A fault in the body.
  init(pointer: String, _ detail: String) { self.init(place: .pointer(pointer), detail: detail) }
}

/// A number of one to nine decimal digits and nothing else.
func decimal(_ text: some StringProtocol) -> Int? {
  guard (1...9).contains(text.utf8.count),
    text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
  else { return nil }
  return Int(text)
}
