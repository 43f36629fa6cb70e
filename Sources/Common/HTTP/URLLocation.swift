import CCurl
import Glibc

/// What libcurl reads from a URL, so that it is judged as it will be used.
struct URLLocation {
  /// In lower case.
  let scheme: String
  /// The host, if it is an address in any spelling and no name.
  let address: IPAddress?

  /// Wraps `curl_url_set` and `curl_url_get`, which are what transfers parse their URL with.
  ///
  /// - Throws: ``HTTPError`` with `badURL`, or with `resources` without memory.
  init(_ url: String) throws(HTTPError) {
    guard let handle = curl_url() else { throw HTTPError(.resources, "no memory for a URL") }
    defer { curl_url_cleanup(handle) }
    let flags = UInt32(CURLU_DISALLOW_USER)
    guard curl_url_set(handle, CURLUPART_URL, url, flags) == CURLUE_OK,
      let scheme = Self.part(CURLUPART_SCHEME, of: handle),
      let host = Self.part(CURLUPART_HOST, of: handle)
    else { throw HTTPError(.badURL, "the URL is malformed") }
    self.scheme = scheme
    address = Self.address(host.trimmingBrackets)
  }

  /// Asks the resolver, which libcurl asks too, whether this is an address: the short, octal and
  /// hexadecimal forms of IPv4 are. Asks nobody else. Wraps `getaddrinfo` with AI_NUMERICHOST.
  private static func address(_ host: String) -> IPAddress? {
    var hints = addrinfo()
    hints.ai_flags = AI_NUMERICHOST
    var found: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(host, nil, &hints, &found) == 0, let first = found?.pointee else {
      return nil
    }
    defer { freeaddrinfo(found) }
    return IPAddress(
      socketAddress: UnsafeRawBufferPointer(start: first.ai_addr, count: Int(first.ai_addrlen)))
  }

  private static func part(_ part: CURLUPart, of handle: OpaquePointer) -> String? {
    var text: UnsafeMutablePointer<CChar>?
    guard curl_url_get(handle, part, &text, 0) == CURLUE_OK, let text else { return nil }
    defer { curl_free(text) }
    return String(cString: text)
  }
}

extension String {
  /// Without the brackets that an IPv6 address wears in a URL.
  fileprivate var trimmingBrackets: String {
    hasPrefix("[") && hasSuffix("]") ? String(dropFirst().dropLast()) : self
  }
}
