/// An AMQP URI taken apart; nil for what it leaves out.
///
/// See https://www.rabbitmq.com/docs/uri-spec. `amqp_parse_url` is not used: it takes user and
/// password from defaults silently and writes into its input.
struct URIParts {
  private(set) var username: String?
  private(set) var password: String?
  private(set) var host: String?
  private(set) var port: UInt16?
  private(set) var virtualHost: String?

  init(_ uri: String) throws(AMQPError) {
    var rest = Array(uri.utf8)[...]
    let scheme = Self.takePrefix(&rest, upTo: "://")
    switch scheme.map({ String(decoding: $0, as: UTF8.self).lowercased() }) {
    case "amqp": break
    case "amqps": throw Self.refuse("amqps (TLS) is not supported yet")
    default: throw Self.refuse("does not begin with amqp://")
    }
    guard !rest.contains(UInt8(ascii: "?")), !rest.contains(UInt8(ascii: "#")) else {
      throw Self.refuse("query and fragment are not supported")
    }
    if let slash = rest.firstIndex(of: UInt8(ascii: "/")) {
      virtualHost = try Self.decode(rest[(slash + 1)...])
      rest = rest[..<slash]
    }
    if let user = Self.takePrefix(&rest, upTo: "@") { try setUser(user) }
    try setPlace(rest)
  }

  private mutating func setUser(_ bytes: ArraySlice<UInt8>) throws(AMQPError) {
    var secret = bytes
    if let name = Self.takePrefix(&secret, upTo: ":") {
      username = try Self.decode(name)
      password = try Self.decode(secret)
    } else {
      username = try Self.decode(bytes)
    }
  }

  private mutating func setPlace(_ bytes: ArraySlice<UInt8>) throws(AMQPError) {
    var name = bytes
    var tail = ArraySlice<UInt8>()
    if bytes.first == UInt8(ascii: "[") {
      guard let end = bytes.firstIndex(of: UInt8(ascii: "]")) else {
        throw Self.refuse("the IPv6 address has no closing bracket")
      }
      name = bytes[(bytes.startIndex + 1)..<end]
      tail = bytes[(end + 1)...]
    } else if let colon = bytes.firstIndex(of: UInt8(ascii: ":")) {
      name = bytes[..<colon]
      tail = bytes[colon...]
    }
    if !name.isEmpty { host = try Self.decode(name) }
    guard !tail.isEmpty else { return }
    guard tail.first == UInt8(ascii: ":"),
      let number = UInt16(String(decoding: tail.dropFirst(), as: UTF8.self)), number > 0
    else { throw Self.refuse("the port is not a number from 1 to 65535") }
    port = number
  }

  private static func takePrefix(
    _ bytes: inout ArraySlice<UInt8>, upTo separator: String
  ) -> ArraySlice<UInt8>? {
    let mark = Array(separator.utf8)
    var start = bytes.startIndex
    while start + mark.count <= bytes.endIndex {
      if bytes[start..<(start + mark.count)].elementsEqual(mark) {
        defer { bytes = bytes[(start + mark.count)...] }
        return bytes[..<start]
      }
      start += 1
    }
    return nil
  }

  private static func decode(_ bytes: ArraySlice<UInt8>) throws(AMQPError) -> String {
    var decoded: [UInt8] = []
    var index = bytes.startIndex
    while index < bytes.endIndex {
      var byte = bytes[index]
      if byte == UInt8(ascii: "%") {
        guard index + 2 < bytes.endIndex,
          let high = Character(UnicodeScalar(bytes[index + 1])).hexDigitValue,
          let low = Character(UnicodeScalar(bytes[index + 2])).hexDigitValue
        else { throw refuse("a percent sign is not followed by two hexadecimal digits") }
        byte = UInt8(high * 16 + low)
        index += 2
      }
      decoded.append(byte)
      index += 1
    }
    guard !decoded.contains(0), let text = String(validating: decoded, as: UTF8.self) else {
      throw refuse("a part is not UTF-8 text")
    }
    return text
  }

  private static func refuse(_ why: String) -> AMQPError {
    AMQPError(.badArgument, "not a usable AMQP URI: \(why)")
  }
}
