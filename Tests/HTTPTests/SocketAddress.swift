import Glibc

/// What the resolver makes of an address, as libcurl would connect to it.
enum SocketAddress {
  /// The `sockaddr` of an address in any spelling that the resolver takes for one, without asking
  /// anybody. Wraps `getaddrinfo` with AI_NUMERICHOST, and undoes URL's brackets.
  ///
  /// - Returns: `nil` for what would be looked up as a name.
  static func bytes(_ spelling: String) -> [UInt8]? {
    var hints = addrinfo()
    hints.ai_flags = AI_NUMERICHOST
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var found: UnsafeMutablePointer<addrinfo>?
    let host = spelling.filter { $0 != "[" && $0 != "]" }
    guard getaddrinfo(host, "443", &hints, &found) == 0, let first = found?.pointee else {
      return nil
    }
    defer { freeaddrinfo(found) }
    return Array(UnsafeRawBufferPointer(start: first.ai_addr, count: Int(first.ai_addrlen)))
  }
}
