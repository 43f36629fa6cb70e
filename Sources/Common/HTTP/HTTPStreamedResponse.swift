/// An answer whose head has come and whose body is still on its way; any status counts as one.
public struct HTTPStreamedResponse: Sendable {
  /// 200 to 599; interim answers (1xx) are skipped.
  public let status: Int
  /// The head's fields as sent, also those that describe a content coding undone since.
  public let headers: HTTPHeaders
  /// To be read once. The transfer ends when nobody holds it any more.
  public let body: HTTPBody
}

extension HTTPStreamedResponse: CustomStringConvertible {
  /// The status; never headers or body.
  public var description: String { "\(status), streamed" }
}
