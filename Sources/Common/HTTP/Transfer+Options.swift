import CCurl
import Glibc

extension Transfer {
  /// Sets all options of the handle. Wraps `curl_easy_setopt`.
  func apply(
    _ request: HTTPRequest, configuration: HTTPClient.Configuration
  ) throws(HTTPError) {
    try setPolicy()
    try set(CURLOPT_PROTOCOLS_STR, configuration.egress.schemes)
    try set(CURLOPT_URL, request.url)
    try set(CURLOPT_CONNECTTIMEOUT_MS, Self.milliseconds(request.limits.connect))
    try setVersion(configuration.version)
    try setReuse(configuration)
    if let file = configuration.certificateAuthorities { try set(CURLOPT_CAINFO, file) }
    if request.acceptsGzip { try set(CURLOPT_ACCEPT_ENCODING, "gzip") }
    try setMessage(request)
    try setCallbacks()
  }

  /// What no request may change.
  private func setPolicy() throws(HTTPError) {
    // Signals as timers are not thread-safe.
    try set(CURLOPT_NOSIGNAL, 1)
    try set(CURLOPT_FOLLOWLOCATION, 0)
    try set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1)
    try set(CURLOPT_NETRC, 0)
    // An empty name also keeps http_proxy and its like of the environment out.
    try set(CURLOPT_PROXY, "")
    try set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
    // HTTP/0.9 would take any bytes for an answer.
    try set(CURLOPT_HTTP09_ALLOWED, 0)
    // Else a transfer that ends while a name is looked up waits for the resolver, with all others.
    try set(CURLOPT_QUICK_EXIT, 1)
  }

  private func setVersion(_ version: HTTPClient.Version) throws(HTTPError) {
    let value =
      switch version {
      case .automatic: CURL_HTTP_VERSION_2TLS
      case .http1: CURL_HTTP_VERSION_1_1
      case .http2PriorKnowledge: CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE
      }
    try set(CURLOPT_HTTP_VERSION, value)
  }

  private func setReuse(_ configuration: HTTPClient.Configuration) throws(HTTPError) {
    // libcurl 7.88.1 breaks the second request on a connection with prior knowledge of HTTP/2. And
    // a connection that is kept would be used again without a look at its address.
    guard configuration.version == .http2PriorKnowledge || configuration.egress.isGuarded else {
      return
    }
    try set(CURLOPT_FRESH_CONNECT, 1)
    try set(CURLOPT_FORBID_REUSE, 1)
  }

  private func setMessage(_ request: HTTPRequest) throws(HTTPError) {
    if let body = request.body {
      try set(CURLOPT_POST, 1)
      try check(openclaw_easy_set_offset(handle, CURLOPT_POSTFIELDSIZE_LARGE, body.count))
      let copied = body.withUnsafeBytes { bytes in
        // An empty array has no address; without one libcurl would read the body by callback.
        withUnsafePointer(to: UInt8(0)) { empty in
          openclaw_easy_set_body(handle, bytes.baseAddress ?? UnsafeRawPointer(empty))
        }
      }
      try check(copied)
    } else if request.method == .head {
      try set(CURLOPT_NOBODY, 1)
    } else {
      try set(CURLOPT_HTTPGET, 1)
    }
    try set(CURLOPT_CUSTOMREQUEST, request.method.name)
    try setHeaders(request.headers)
  }

  private func setHeaders(_ headers: HTTPHeaders) throws(HTTPError) {
    for field in headers.fields {
      // "Name:" would remove the field; a semicolon sends it empty.
      let isEmpty = field.value.utf8.allSatisfy { $0 == 0x20 || $0 == 0x09 }
      try addHeaderLine(isEmpty ? "\(field.name);" : "\(field.name): \(field.value)")
    }
    // libcurl adds these to requests with a body: a wait for 100, and a wrong type.
    for name in ["Expect", "Content-Type"] where headers[name] == nil {
      try addHeaderLine("\(name):")
    }
    try installHeaderLines()
  }

  /// Sets an option that takes a `long`.
  func set(_ option: CURLoption, _ value: Int) throws(HTTPError) {
    try check(openclaw_easy_set_long(handle, option, value))
  }

  private func set(_ option: CURLoption, _ value: String) throws(HTTPError) {
    try check(openclaw_easy_set_string(handle, option, value))
  }

  /// At least 1, since 0 means no limit to libcurl.
  private static func milliseconds(_ duration: Duration) -> Int {
    let (seconds, attoseconds) = duration.components
    let whole = min(max(0, seconds), 1_000_000)
    return max(1, Int(whole) * 1000 + Int(max(0, attoseconds) / 1_000_000_000_000_000))
  }
}
