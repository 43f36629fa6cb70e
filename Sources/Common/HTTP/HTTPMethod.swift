/// A request method (RFC 9110, section 9), spelled as it is sent.
public struct HTTPMethod: Sendable, Hashable, CustomStringConvertible {
  /// Case counts.
  public let name: String

  /// Any method; a name that is no token is refused when it is sent.
  public init(_ name: String) { self.name = name }

  /// Reads; safe to repeat.
  public static let get = HTTPMethod("GET")
  /// Like `GET` without a body in the answer.
  public static let head = HTTPMethod("HEAD")
  /// Acts; not safe to repeat without a key.
  public static let post = HTTPMethod("POST")
  /// Replaces; safe to repeat.
  public static let put = HTTPMethod("PUT")
  /// Changes a part; not safe to repeat.
  public static let patch = HTTPMethod("PATCH")
  /// Removes; safe to repeat.
  public static let delete = HTTPMethod("DELETE")

  /// The name.
  public var description: String { name }
}
