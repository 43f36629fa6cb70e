/// Names one event to its receiver, who drops what comes twice: the same for each delivery of it.
public struct WebhookMessageID: Sendable, Hashable, CustomStringConvertible {
  /// As it is sent.
  public let text: String

  /// - Returns: `nil` unless it is 1 to 128 letters and digits of ASCII, `_` and `-`. A full stop
  ///   would let the parts of what is signed be cut elsewhere.
  public init?(_ text: String) {
    guard (1...128).contains(text.utf8.count), text.utf8.allSatisfy(Self.isAllowed) else {
      return nil
    }
    self.text = text
  }

  /// The text.
  public var description: String { text }

  private static func isAllowed(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
      true
    default: false
    }
  }
}

/// The three header fields of a signed webhook (Standard Webhooks 1.0, "Webhook headers").
public struct WebhookHeaders: Sendable, Hashable {
  /// `webhook-id`.
  public var id: String
  /// `webhook-timestamp`: seconds since 1970, decimal.
  public var timestamp: String
  /// `webhook-signature`: one or more, with a space between two; `v1,` and base64 each.
  public var signature: String

  /// As they came in; nothing is checked.
  public init(id: String, timestamp: String, signature: String) {
    self.id = id
    self.timestamp = timestamp
    self.signature = signature
  }

  /// Names and values to send.
  public var fields: [(name: String, value: String)] {
    [("webhook-id", id), ("webhook-timestamp", timestamp), ("webhook-signature", signature)]
  }
}

/// What is signed: the fields and the body with full stops between them.
struct WebhookContent {
  let parts: [[UInt8]]

  /// - Parameter timestamp: Seconds since 1970, decimal.
  init(id: String, timestamp: String, body: [UInt8]) {
    parts = [Array("\(id).\(timestamp).".utf8), body]
  }
}
