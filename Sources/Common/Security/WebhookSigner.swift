import Crypto
public import Foundation

/// Signs webhooks by Standard Webhooks 1.0, symmetric scheme `v1`: HMAC-SHA256.
public struct WebhookSigner: Sendable {
  private let secrets: [WebhookSecret]

  /// - Parameter secrets: The active ones of one receiver, at least one; each makes a signature, in
  ///   this order. While a secret is being replaced there are two, so that the receiver can change
  ///   over at any moment.
  public init(_ secrets: [WebhookSecret]) {
    precondition(!secrets.isEmpty, "a webhook signer needs a secret")
    self.secrets = secrets
  }

  /// The header fields to send the body with.
  ///
  /// - Parameters:
  ///   - moment: When this delivery is sent, not when the event happened; receivers refuse what is
  ///     five minutes off. Fractions of a second are cut.
  ///   - body: The very bytes that are sent.
  public func sign(id: WebhookMessageID, at moment: Date, body: [UInt8]) -> WebhookHeaders {
    // Only infinite dates have no number; they would be refused like 1970.
    let seconds = Int64(exactly: moment.timeIntervalSince1970.rounded(.down)) ?? 0
    let timestamp = String(seconds)
    let content = WebhookContent(id: id.text, timestamp: timestamp, body: body)
    let signatures = secrets.map { secret in
      "v1," + Data(secret.authenticate(content.parts)).base64EncodedString()
    }
    return WebhookHeaders(
      id: id.text, timestamp: timestamp, signature: signatures.joined(separator: " "))
  }
}
