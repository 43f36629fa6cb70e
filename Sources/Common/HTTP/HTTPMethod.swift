/// A request method (RFC 9110, section 9), spelled as it is sent.
public struct HTTPMethod: Sendable, Hashable, CustomStringConvertible {
  public let name: String

  /// Any method; a name that is no token is refused when it is sent.
  public init(_ name: String) { self.name = name }

  public static let get = HTTPMethod("GET")
  public static let head = HTTPMethod("HEAD")
  public static let post = HTTPMethod("POST")
  public static let put = HTTPMethod("PUT")
  public static let patch = HTTPMethod("PATCH")
  public static let delete = HTTPMethod("DELETE")

  public var description: String { name }
}
