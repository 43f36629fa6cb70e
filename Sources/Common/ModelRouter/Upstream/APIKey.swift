/// A provider's credential. Prints as nothing but that there is one.
public struct APIKey: Sendable, Hashable {
  /// What is sent; for no log and no message.
  let secret: String

  /// Takes a key as an operator stored it, without the white space around it.
  ///
  /// - Returns: `nil` when nothing is left, or when it holds what cannot stand in a header: white
  ///   space, control or non-ASCII characters.
  public init?(_ text: String) {
    let trimmed = text.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }
    let secret = String(trimmed.reversed())
    guard !secret.isEmpty, secret.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      return nil
    }
    self.secret = secret
  }
}

extension APIKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// `[hidden]`.
  public var description: String { "[hidden]" }
  /// `[hidden]`.
  public var debugDescription: String { description }
  /// Without children.
  public var customMirror: Mirror { Mirror(self, children: []) }
}
