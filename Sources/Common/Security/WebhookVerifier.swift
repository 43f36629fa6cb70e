import Crypto
public import Foundation

/// Why a webhook is not to be believed.
public enum WebhookVerificationError: Error, Sendable {
  /// The id or the timestamp is not what a sender of the standard gives.
  case malformed
  /// Sent more than the tolerance ago: maybe a replay.
  case tooOld
  /// Sent more than the tolerance from now: the clocks differ.
  case tooNew
  /// No signature fits a secret: changed, or from somebody else.
  case notAuthentic
}

/// Checks webhooks as a receiver does, by Standard Webhooks 1.0, scheme `v1`.
public struct WebhookVerifier: Sendable {
  /// How far the sender's clock may be off, and how long a replay is not noticed: five minutes.
  public static let tolerance = Duration.seconds(300)

  private let secrets: [WebhookSecret]

  /// - Parameter secrets: One that fits is enough; with none nothing does.
  public init(_ secrets: [WebhookSecret]) { self.secrets = secrets }

  /// Returns if one of the signatures was made with one of the secrets, over this id, timestamp and
  /// body, not long ago. Comparing takes the same time wherever the difference is.
  ///
  /// - Parameters:
  ///   - body: The very bytes that came.
  ///   - now: What the timestamp is compared with.
  /// - Throws: ``WebhookVerificationError``.
  public func verify(
    _ headers: WebhookHeaders, body: [UInt8], at now: Date
  ) throws(WebhookVerificationError) {
    guard WebhookMessageID(headers.id) != nil, let sent = Self.seconds(headers.timestamp) else {
      throw .malformed
    }
    let age = now.timeIntervalSince1970 - Double(sent)
    let tolerance = Double(Self.tolerance.components.seconds)
    guard age <= tolerance else { throw .tooOld }
    guard age >= -tolerance else { throw .tooNew }
    let content = WebhookContent(id: headers.id, timestamp: headers.timestamp, body: body)
    let codes = secrets.map { $0.authenticate(content.parts) }
    guard
      Self.signatures(headers.signature).contains(where: { given in
        codes.contains { $0 == given }
      })
    else { throw .notAuthentic }
  }

  /// The `v1` ones that are base64; those of other schemes are for other receivers.
  private static func signatures(_ text: String) -> [Data] {
    text.split(separator: " ").compactMap { entry in
      let parts = entry.split(separator: ",", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, parts[0] == "v1" else { return nil }
      return Data(base64Encoded: String(parts[1]))
    }
  }

  /// Digits alone, which leaves one spelling but for leading zeros, and they are signed too.
  private static func seconds(_ text: String) -> Int64? {
    text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int64(text) : nil
  }
}
