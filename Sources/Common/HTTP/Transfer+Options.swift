import CCurl
import Glibc

extension Transfer {
  /// Sets all options of the handle. Wraps `curl_easy_setopt`.
  func apply(
    _ request: HTTPRequest, configuration: HTTPClient.Configuration
  ) throws(HTTPError) {
    try setPolicy()
    try set(CURLOPT_URL, request.url)
    try set(CURLOPT_TIMEOUT_MS, Self.milliseconds(request.timeout))
    try set(CURLOPT_CONNECTTIMEOUT_MS, Self.milliseconds(configuration.connectTimeout))
    try setMessage(request)
    try setCallbacks()
  }

  /// What no request may change.
  private func setPolicy() throws(HTTPError) {
    // Signals as timers are not thread-safe.
    try set(CURLOPT_NOSIGNAL, 1)
    try set(CURLOPT_PROTOCOLS_STR, "http,https")
    try set(CURLOPT_FOLLOWLOCATION, 0)
    try set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1)
    try set(CURLOPT_NETRC, 0)
    // An empty name also keeps http_proxy and its like of the environment out.
    try set(CURLOPT_PROXY, "")
    try set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
    // HTTP/0.9 would take any bytes for an answer.
    try set(CURLOPT_HTTP09_ALLOWED, 0)
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

  private func setCallbacks() throws(HTTPError) {
    let context = Unmanaged.passUnretained(self).toOpaque()
    try check(openclaw_easy_set_pointer(handle, CURLOPT_PRIVATE, context))
    try check(openclaw_easy_set_pointer(handle, CURLOPT_HEADERDATA, context))
    try check(openclaw_easy_set_pointer(handle, CURLOPT_WRITEDATA, context))
    // Any other count than the one given makes libcurl end the transfer.
    try check(
      openclaw_easy_set_data_callback(handle, CURLOPT_HEADERFUNCTION) {
        data, size, count, context in
        guard let context else { return 0 }
        let bytes = UnsafeRawBufferPointer(start: data, count: size * count)
        return Transfer.behind(context: context).takeHeadLine(bytes) ? bytes.count : -1
      })
    try check(
      openclaw_easy_set_data_callback(handle, CURLOPT_WRITEFUNCTION) { data, size, count, context in
        guard let context else { return 0 }
        let bytes = UnsafeRawBufferPointer(start: data, count: size * count)
        return Transfer.behind(context: context).takeBody(bytes) ? bytes.count : -1
      })
    // The place for an egress guard. libcurl 7.88 opens sockets that children would inherit.
    try check(
      openclaw_easy_set_open_socket(handle) { _, _, address in
        guard let address = address?.pointee else { return openclaw_socket_bad }
        return socket(
          address.family, address.socktype | Int32(SOCK_CLOEXEC.rawValue), address.`protocol`)
      })
  }

  private func set(_ option: CURLoption, _ value: Int) throws(HTTPError) {
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
