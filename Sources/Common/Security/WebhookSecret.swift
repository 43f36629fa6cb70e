import Crypto
import Foundation

/// The key that the sender and one receiver of webhooks share, as Standard Webhooks 1.0 has it:
/// `whsec_` and the base64 of 24 to 64 bytes.
public struct WebhookSecret: Sendable {
  private let bytes: [UInt8]

  /// A new random one of 32 bytes.
  public init() {
    var generator = SystemRandomNumberGenerator()
    bytes = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
  }

  /// Takes one as it is written, with the prefix and with padding.
  ///
  /// - Returns: `nil` when it is none.
  public init?(_ text: String) {
    let encoded = Data(text.utf8.dropFirst(Self.prefix.utf8.count))
    // Foundation also takes padding that is too long.
    guard text.utf8.starts(with: Self.prefix.utf8), let data = Data(base64Encoded: encoded),
      data.base64EncodedData() == encoded, Self.sizes.contains(data.count)
    else { return nil }
    bytes = [UInt8](data)
  }

  /// What the receiver gets, once. Store it sealed.
  public var secret: String { Self.prefix + Data(bytes).base64EncodedString() }

  /// HMAC-SHA256 under it; compares in constant time.
  func authenticate(_ parts: [[UInt8]]) -> HashedAuthenticationCode<SHA256> {
    var code = HMAC<SHA256>(key: SymmetricKey(data: bytes))
    for part in parts { code.update(data: part) }
    return code.finalize()
  }

  private static let prefix = "whsec_"
  private static let sizes = 24...64
}

extension WebhookSecret: CustomStringConvertible, CustomReflectable {
  /// Says that it is a secret, never which.
  public var description: String { "whsec_…" }

  /// Empty, so that `dump` of what holds a secret does not show it.
  public var customMirror: Mirror { Mirror(self, children: []) }
}
