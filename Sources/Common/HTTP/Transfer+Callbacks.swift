import CCurl
import Glibc

extension Transfer {
  /// Points libcurl to this transfer and to the functions that it calls while it works.
  func setCallbacks(_ sockets: OpenSockets) throws(HTTPError) {
    let context = Unmanaged.passUnretained(self).toOpaque()
    for option in [
      CURLOPT_PRIVATE, CURLOPT_HEADERDATA, CURLOPT_WRITEDATA, CURLOPT_XFERINFODATA,
    ] {
      try check(openclaw_easy_set_pointer(handle, option, context))
    }
    try setDataCallbacks()
    try setProgressCallback()
    try setSocketCallbacks(sockets)
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

  // A connection keeps these when its first transfer is over, so their context is the loop's.
  private func setSocketCallbacks(_ sockets: OpenSockets) throws(HTTPError) {
    let context = Unmanaged.passUnretained(sockets).toOpaque()
    for option in [CURLOPT_OPENSOCKETDATA, CURLOPT_CLOSESOCKETDATA] {
      try check(openclaw_easy_set_pointer(handle, option, context))
    }
    try check(
      openclaw_easy_set_open_socket(handle) { context, _, address in
        guard let context, let address = address?.pointee else { return openclaw_socket_bad }
        return Unmanaged<OpenSockets>.fromOpaque(context).takeUnretainedValue().open(address)
      })
    let callback: curl_closesocket_callback = { context, socket in
      guard let context else { return 1 }
      return Unmanaged<OpenSockets>.fromOpaque(context).takeUnretainedValue().close(socket)
    }
    let pointer = unsafeBitCast(callback, to: UnsafeMutableRawPointer.self)
    try check(openclaw_easy_set_pointer(handle, CURLOPT_CLOSESOCKETFUNCTION, pointer))
  }
}
