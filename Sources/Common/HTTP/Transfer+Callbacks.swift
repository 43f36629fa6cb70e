import CCurl
import Glibc

extension Transfer {
  /// Points libcurl to this transfer and to the functions that it calls while it works.
  func setCallbacks() throws(HTTPError) {
    let context = Unmanaged.passUnretained(self).toOpaque()
    for option in [
      CURLOPT_PRIVATE, CURLOPT_HEADERDATA, CURLOPT_WRITEDATA, CURLOPT_XFERINFODATA,
      CURLOPT_OPENSOCKETDATA,
    ] {
      try check(openclaw_easy_set_pointer(handle, option, context))
    }
    try setDataCallbacks()
    try setProgressCallback()
    try setSocketCallbacks()
  }

  private func setDataCallbacks() throws(HTTPError) {
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
        return switch Transfer.behind(context: context).takeBody(bytes) {
        case true: bytes.count
        case false: Int(CURL_WRITEFUNC_PAUSE)
        default: -1
        }
      })
  }

  private func setProgressCallback() throws(HTTPError) {
    let callback: curl_xferinfo_callback = { context, _, _, _, uploaded in
      guard let context else { return 1 }
      Transfer.behind(context: context).noteProgress(uploaded: Int(uploaded))
      return 0
    }
    // To C's variadic functions a function pointer is like any other.
    let pointer = unsafeBitCast(callback, to: UnsafeMutableRawPointer.self)
    try check(openclaw_easy_set_pointer(handle, CURLOPT_XFERINFOFUNCTION, pointer))
    try set(CURLOPT_NOPROGRESS, 0)
  }

  private func setSocketCallbacks() throws(HTTPError) {
    try check(
      openclaw_easy_set_open_socket(handle) { context, _, address in
        guard let context, let address else { return openclaw_socket_bad }
        return Transfer.behind(context: context).openSocket(address)
      })
    // A connection keeps this when its first transfer is over, so the context is the loop's.
    let context = Unmanaged.passUnretained(sockets).toOpaque()
    try check(openclaw_easy_set_pointer(handle, CURLOPT_CLOSESOCKETDATA, context))
    let callback: curl_closesocket_callback = { context, socket in
      guard let context else { return 1 }
      return Unmanaged<OpenSockets>.fromOpaque(context).takeUnretainedValue().close(socket)
    }
    let pointer = unsafeBitCast(callback, to: UnsafeMutableRawPointer.self)
    try check(openclaw_easy_set_pointer(handle, CURLOPT_CLOSESOCKETFUNCTION, pointer))
  }
}

extension UnsafeMutablePointer<curl_sockaddr> {
  /// Lends the `sockaddr` that libcurl will connect to, whole: the declared field is shorter than
  /// an IPv6 one.
  func withSocketAddress<Value>(_ body: (UnsafeRawBufferPointer) -> Value) -> Value {
    let offset = MemoryLayout<curl_sockaddr>.size - MemoryLayout<sockaddr>.size
    let count = min(Int(pointee.addrlen), MemoryLayout<sockaddr_storage>.size)
    return body(UnsafeRawBufferPointer(start: UnsafeRawPointer(self) + offset, count: count))
  }
}
