import Crypto
import Foundation

/// The secret that a client sends: `oc_` and 43 characters of base64url, 256 random bits.
public struct BearerToken: Sendable, CustomStringConvertible {
  /// What goes behind `Authorization: Bearer`. Show it once, store it nowhere.
  public let secret: String

  /// A new random token.
  public init() {
    var generator = SystemRandomNumberGenerator()
    let bytes = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    let text = Data(bytes).base64EncodedString()
      .replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
      .replacingOccurrences(of: "=", with: "")
    secret = Self.prefix + text
  }

  /// Takes what a client sent.
  ///
  /// - Returns: `nil` when it cannot be a token of ours.
  public init?(_ text: String) {
    guard text.utf8.count == Self.prefix.utf8.count + 43,
      text.utf8.starts(with: Self.prefix.utf8),
      text.utf8.dropFirst(Self.prefix.utf8.count).allSatisfy(Self.isBase64URL)
    else { return nil }
    secret = text
  }

  /// Says that it is a token, never which.
  public var description: String { "oc_…" }

  private static let prefix = "oc_"

  private static func isBase64URL(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
      true
    default: false
    }
  }
}

/// Hashes tokens for storage: HMAC-SHA256 under a derived key, so a stolen table opens nothing.
public struct TokenHasher: Sendable {
  private let digests: [KeyedDigest]

  /// - Parameter keys: At least one, oldest first.
  public init(_ keys: [MasterKey]) {
    precondition(!keys.isEmpty, "a token hasher needs a key")
    digests = keys.reversed().map { KeyedDigest($0, purpose: .tokens) }
  }

  /// The 32 bytes to store for a new token.
  public func hash(_ token: BearerToken) -> [UInt8] { digests[0]([UInt8](token.secret.utf8)) }

  /// The hashes to look a token up by, one a key, newest first.
  public func candidates(_ token: BearerToken) -> [[UInt8]] {
    let secret = [UInt8](token.secret.utf8)
    return digests.map { $0(secret) }
  }
}

/// SHA-256 over bytes.
public enum Digest {
  /// 32 bytes (FIPS 180-4).
  public static func sha256(_ bytes: [UInt8]) -> [UInt8] { [UInt8](SHA256.hash(data: bytes)) }
}

/// HMAC-SHA256 (RFC 2104) under the key for one purpose.
public struct KeyedDigest: Sendable {
  private let key: SymmetricKey

  /// Derives the key, which costs more than a digest.
  public init(_ key: MasterKey, purpose: MasterKey.Purpose) {
    self.key = key.derived(for: purpose)
  }

  /// 32 bytes.
  public func callAsFunction(_ bytes: [UInt8]) -> [UInt8] {
    [UInt8](HMAC<SHA256>.authenticationCode(for: bytes, using: key))
  }
}
