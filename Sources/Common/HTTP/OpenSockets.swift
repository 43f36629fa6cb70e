import CCurl
import Glibc

/// The sockets that libcurl has open, so that a connection can be ended which libcurl would keep.
///
/// libcurl 7.88 notes that an HTTP/2 stream is given up, and tells the server only when it next uses
/// the connection. A server that generates text would go on for nobody until then.
final class OpenSockets {
  private var sockets: Set<Int32> = []

  /// Opens a socket for libcurl.
  ///
  /// - Returns: A negative number when the system has none.
  func open(_ address: curl_sockaddr) -> Int32 {
    // libcurl 7.88 opens sockets that children would inherit.
    let type = address.socktype | Int32(SOCK_CLOEXEC.rawValue)
    let opened = socket(address.family, type, address.`protocol`)
    if opened >= 0 { sockets.insert(opened) }
    return opened
  }

  /// Closes a socket of libcurl's.
  func close(_ socket: Int32) -> Int32 {
    sockets.remove(socket)
    return Glibc.close(socket)
  }

  /// Lets the server see the end of a connection now; libcurl finds out when it next looks at it.
  func shutDown(_ ends: ConnectionEnds) {
    for socket in sockets where ends == ConnectionEnds(socket) {
      shutdown(socket, Int32(SHUT_RDWR))
    }
  }
}

/// The ports of a connection, which name it well enough: two of one client rarely share both.
struct ConnectionEnds: Equatable {
  let local: Int
  let remote: Int

  /// - Returns: `nil` without a connection.
  init?(local: Int, remote: Int) {
    guard local > 0, remote > 0 else { return nil }
    self.local = local
    self.remote = remote
  }

  /// - Returns: `nil` for a socket that is not connected.
  init?(_ socket: Int32) {
    var address = sockaddr_in6()
    func port(_ lookUp: (Int32, UnsafeMutablePointer<sockaddr>, inout socklen_t) -> Int32) -> Int {
      var size = socklen_t(MemoryLayout<sockaddr_in6>.size)
      let failure = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { lookUp(socket, $0, &size) }
      }
      // The port lies at the same place for IPv4.
      return failure == 0 ? Int(UInt16(bigEndian: address.sin6_port)) : 0
    }
    self.init(
      local: port { getsockname($0, $1, &$2) }, remote: port { getpeername($0, $1, &$2) })
  }
}
