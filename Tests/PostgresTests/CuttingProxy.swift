import FoundationEssentials
import Glibc
import Synchronization

/// Stands between client and server on 127.0.0.1 and fails the link on demand.
final class CuttingProxy: Sendable {
  enum Mode: Sendable {
    case pass
    /// Pass a COMMIT on, wait for the server's answer, then cut without passing it back.
    case cutAfterCommit
    /// Take everything and pass nothing on.
    case swallow
  }

  let port: UInt16
  private let listener: Int32
  private let server: (host: UInt32, port: UInt16)
  private let mode = Mutex(Mode.pass)
  private let open = Mutex<Set<Int32>>([])

  init(to serverPort: UInt16) throws {
    server = (UInt32(0x7f00_0001).bigEndian, serverPort.bigEndian)
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = server.host
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let descriptor = listener
    let bound = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) == 0 && listen(descriptor, 64) == 0
          && getsockname(descriptor, $0, &length) == 0
      }
    }
    guard bound else { throw POSIXFailure(code: errno) }
    port = UInt16(bigEndian: address.sin_port)
    startThread { self.acceptAll() }
  }

  func set(_ mode: Mode) { self.mode.withLock { $0 = mode } }

  /// Stops listening and cuts all links.
  func stop() {
    _ = shutdown(listener, Int32(SHUT_RDWR))
    open.withLock { for descriptor in $0 { _ = shutdown(descriptor, Int32(SHUT_RDWR)) } }
  }

  private func acceptAll() {
    while true {
      let client = accept(listener, nil, nil)
      guard client >= 0 else { break }
      startThread { self.serve(client) }
    }
    close(listener)
  }

  private func serve(_ client: Int32) {
    let upstream = connectUpstream()
    open.withLock { $0.formUnion([client, upstream]) }
    pump(client, upstream)
    open.withLock { $0.subtract([client, upstream]) }
    close(client)
    close(upstream)
  }

  private func connectUpstream() -> Int32 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = server.host
    address.sin_port = server.port
    _ = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    return descriptor
  }

  private func pump(_ client: Int32, _ upstream: Int32) {
    var cutsAtAnswer = false
    while true {
      var descriptors = [client, upstream].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
      _ = poll(&descriptors, 2, -1)
      for (source, target) in [(0, upstream), (1, client)] where descriptors[source].revents != 0 {
        guard let bytes = readSome(descriptors[source].fd) else { return }
        switch mode.withLock({ $0 }) {
        case .swallow: continue
        case .pass: break
        case .cutAfterCommit:
          if source == 0, contains(bytes, "COMMIT") { cutsAtAnswer = true }
          if source == 1, cutsAtAnswer { return }
        }
        guard writeAll(target, bytes) else { return }
      }
    }
  }
}

struct POSIXFailure: Error { let code: Int32 }

private func contains(_ bytes: [UInt8], _ word: String) -> Bool {
  let word = Array(word.utf8)
  return bytes.indices.contains { bytes[$0...].starts(with: word) }
}

private func readSome(_ descriptor: Int32) -> [UInt8]? {
  var buffer = [UInt8](repeating: 0, count: 65_536)
  let count = read(descriptor, &buffer, buffer.count)
  return count > 0 ? Array(buffer.prefix(count)) : nil
}

private func writeAll(_ descriptor: Int32, _ bytes: [UInt8]) -> Bool {
  var rest = bytes[...]
  while !rest.isEmpty {
    let count = rest.withUnsafeBytes {
      send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
    }
    guard count > 0 else { return false }
    rest = rest.dropFirst(count)
  }
  return true
}

private final class Body: Sendable {
  let run: @Sendable () -> Void
  init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

private func startThread(_ body: @escaping @Sendable () -> Void) {
  var thread = pthread_t()
  pthread_create(
    &thread, nil,
    { argument in
      guard let argument else { return nil }
      Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
      return nil
    }, Unmanaged.passRetained(Body(body)).toOpaque())
  pthread_detach(thread)
}

/// A proxy before the test database, and a connection string that goes through it.
func withProxy(_ body: (CuttingProxy, String) async throws -> Void) async throws {
  var components = URLComponents(string: try TestDatabase.url()) ?? URLComponents()
  let proxy = try CuttingProxy(to: UInt16(components.port ?? 5432))
  defer { proxy.stop() }
  components.host = "127.0.0.1"
  components.port = Int(proxy.port)
  try await body(proxy, components.string ?? "")
}
