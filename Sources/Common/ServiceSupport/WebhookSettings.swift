public import HTTP

/// Where webhooks may go: what gateways check when an endpoint is made, and workers when they
/// connect.
public struct WebhookSettings: Sendable {
  /// The public internet over https, and what the operator allows besides.
  public let egress: EgressPolicy

  /// Reads `webhooks.allow` and `webhooks.plain_http`.
  ///
  /// - Throws: ``SettingsError`` for a value that cannot be used.
  public init(_ reader: SettingsReader) throws(SettingsError) {
    let texts = (reader.text("webhooks.allow") ?? "").split(separator: ",")
    let ranges = texts.compactMap { AddressRange(Self.trimmed($0)) }
    guard ranges.count == texts.count else {
      throw reader.bad(
        "webhooks.allow",
        "must be blocks of addresses such as 10.1.0.0/16 joined by commas, each from its first "
          + "address on")
    }
    let plain = reader.text("webhooks.plain_http") ?? "false"
    guard let allowsPlainHTTP = Bool(plain) else {
      throw reader.bad("webhooks.plain_http", "must be true or false")
    }
    egress = .publicOnly(allowing: ranges, allowsPlainHTTP: allowsPlainHTTP)
  }

  private static func trimmed(_ text: Substring) -> String {
    let start = text.drop { $0 == " " }
    return String(start.reversed().drop { $0 == " " }.reversed())
  }
}
