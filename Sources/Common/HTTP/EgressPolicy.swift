/// Where the requests of a client may go. The default is anywhere.
public struct EgressPolicy: Sendable, Hashable {
  /// `nil` without a guard.
  let addresses: AddressPolicy?
  private let allowsPlainHTTP: Bool

  /// Anywhere: for URLs that the operator chose.
  public static let unrestricted = EgressPolicy(addresses: nil, allowsPlainHTTP: true)

  /// The public internet alone: for URLs that somebody else chose, who must not reach this machine,
  /// its network or its cloud by them.
  ///
  /// Each address is checked when it is connected to, and each request gets a connection of its
  /// own. A host with several addresses is reached at those that are allowed. What is refused fails
  /// with ``HTTPError/Code/egressRefused``.
  ///
  /// - Parameters:
  ///   - exceptions: Blocks that may be reached too, none unless told otherwise: for receivers in
  ///     the operator's own network, and for tests.
  ///   - allowsPlainHTTP: Whether `http` may be spoken besides `https`; not unless told otherwise.
  public static func publicOnly(
    allowing exceptions: [AddressRange] = [], allowsPlainHTTP: Bool = false
  ) -> EgressPolicy {
    EgressPolicy(
      addresses: AddressPolicy(allowing: exceptions), allowsPlainHTTP: allowsPlainHTTP)
  }

  /// Whether connections have to be looked at.
  var isGuarded: Bool { addresses != nil }

  /// What libcurl may speak, for CURLOPT_PROTOCOLS_STR.
  var schemes: String { allowsPlainHTTP ? "http,https" : "https" }

  /// Refuses a URL whose text alone shows that no request to it may be made: its form, its scheme,
  /// or an address in place of a name. For URLs that are stored, so that their owner learns of it at
  /// once. It looks no name up, so one that it lets pass may still be refused when it is used.
  ///
  /// - Throws: ``HTTPError`` with `badURL` or `egressRefused`.
  public func check(_ url: String) throws(HTTPError) {
    let request = HTTPRequest(url: url)
    try request.check()
    let location = try locate(request)
    guard let addresses, let address = location.address, !addresses.permits(address) else { return }
    throw HTTPError(.egressRefused, EgressGuard.reason, endpoint: request.endpoint)
  }

  /// Refuses a scheme that may not be spoken.
  ///
  /// - Returns: What libcurl will make of the URL, for a look at its address.
  /// - Throws: ``HTTPError`` with `badURL` or `egressRefused`.
  @discardableResult
  func locate(_ request: HTTPRequest) throws(HTTPError) -> URLLocation {
    let location = try URLLocation(request.url)
    switch location.scheme {
    case "https": break
    case "http" where allowsPlainHTTP: break
    case "http":
      throw HTTPError(.egressRefused, "only https may be spoken", endpoint: request.endpoint)
    default: throw HTTPError(.badURL, "the URL is none of http or https")
    }
    return location
  }
}
