import Glibc
import HTTP
import Testing

struct StreamLimitTests {
  /// The error of a streamed request that must fail, at its head or later.
  private func failure(
    _ request: HTTPRequest, _ client: HTTPClient = HTTPClient()
  ) async throws -> HTTPError {
    try await #require(throws: HTTPError.self) {
      for try await _ in try await client.stream(request).body {}
    }
  }

  @Test func aServerThatAcceptsAndSaysNothingBreaksTheConnectLimitOfTLS() async throws {
    let listener = try #require(SilentListener())
    let limits = HTTPRequest.Limits(connect: .milliseconds(300), total: nil)
    let request = HTTPRequest(url: "https://127.0.0.1:\(listener.port)/", limits: limits)
    let error = try await failure(request)
    #expect(error.code == .connectTimeout && !error.isInDoubt && error.isRetryable)
    #expect(error.message == "no connection within the time to connect")
  }

  @Test func aServerThatDoesNotReadTheRequestBreaksTheFirstByteLimit() async throws {
    let listener = try #require(SilentListener())
    // More than the kernel takes.
    let body = Array(repeating: UInt8(1), count: 32 << 20)
    let limits = HTTPRequest.Limits(firstByte: .milliseconds(300), total: nil)
    let url = "http://127.0.0.1:\(listener.port)/"
    let error = try await failure(HTTPRequest(.post, url: url, body: body, limits: limits))
    #expect(error.code == .firstByteTimeout && error.isInDoubt)
  }

  @Test(arguments: ["/silent", "/interim-silent"])
  func aServerThatDoesNotAnswerBreaksTheFirstByteLimit(path: String) async throws {
    try await StreamServer.run { server in
      let limits = HTTPRequest.Limits(
        firstByte: .milliseconds(300), idle: .milliseconds(1), total: nil)
      let error = try await failure(server.request(path, limits: limits))
      #expect(error.code == .firstByteTimeout && error.isInDoubt && error.isRetryable)
      try await server.expectClosed()
    }
  }

  @Test func anAnswerThatStallsBreaksTheIdleLimit() async throws {
    try await StreamServer.run { server in
      let limits = HTTPRequest.Limits(idle: .milliseconds(300), total: nil)
      let response = try await HTTPClient().stream(server.request("/silent?x", limits: limits))
      var pieces = response.body.makeAsyncIterator()
      let first = try await pieces.next()
      #expect(first == [0x78])
      let error = await #expect(throws: HTTPError.self) { _ = try await pieces.next() }
      #expect(error?.code == .idleTimeout && error?.isInDoubt == true)
      try await server.expectClosed()
    }
  }

  @Test func theTotalLimitHoldsWhileTheBodyIsRead() async throws {
    try await StreamServer.run { server in
      let limits = HTTPRequest.Limits(total: .seconds(1))
      let error = try await failure(server.request("/silent?x", limits: limits))
      #expect(error.code == .timeout && error.isInDoubt)
      try await server.expectClosed()
    }
  }

  @Test func theTotalLimitHoldsAlsoWhileNobodyReads() async throws {
    try await StreamServer.run { server in
      let limits = HTTPRequest.Limits(total: .seconds(1))
      let response = try await HTTPClient().stream(server.request("/silent?x", limits: limits))
      try await server.expectClosed()
      let error = await #expect(throws: HTTPError.self) { try await response.body.collect(upTo: 9) }
      #expect(error?.code == .timeout)
    }
  }

  @Test func gzipIsUndoneWhereItIsAskedFor() async throws {
    try await StreamServer.run { server in
      var request = server.request("/gzip")
      request.acceptsGzip = true
      let body = try await HTTPClient().stream(request).body.collect(upTo: 8000)
      #expect(body == Array(String(repeating: "unpacked", count: 1000).utf8))
      request.acceptsGzip = false
      #expect(try await HTTPClient().stream(request).body.collect(upTo: 8000).first == 0x1F)
    }
  }

  @Test func aGzipBombIsCutAtTheLimitOfWhatItUnpacksTo() async throws {
    try await StreamServer.run { server in
      var request = server.request("/bomb")
      request.acceptsGzip = true
      request.limits.maximumBodyBytes = 1 << 20
      let error = try await failure(request)
      #expect(error.code == .bodyTooLarge && !error.isRetryable)
    }
  }

  @Test func aReaderMayWantLessThanTheLimit() async throws {
    try await StreamServer.run { server in
      let response = try await HTTPClient().stream(server.request("/silent?long"))
      let error = await #expect(throws: HTTPError.self) { try await response.body.collect(upTo: 3) }
      #expect(error?.code == .bodyTooLarge)
      try await server.expectClosed()
    }
  }

  @Test(arguments: [(2000, 1000), (150_000, 256 << 10)])
  func aHeadOverTheLimitIsRefused(size: Int, limit: Int) async throws {
    try await StreamServer.run { server in
      let limits = HTTPRequest.Limits(maximumHeaderBytes: limit)
      let error = try await failure(server.request("/head-of?\(size)", limits: limits))
      #expect(error.code == .headersTooLarge && error.isInDoubt && !error.isRetryable)
    }
  }

  @Test func aFailingStreamShowsNoSecret() async throws {
    try await StreamServer.run { server in
      let secret = "hunter2"
      for path in ["/cut", "/silent", "/head-of?9999", "/nowhere", "/endless-event"] {
        var request = server.request("\(path)?key=\(secret)")
        request.headers["Authorization"] = "Bearer \(secret)"
        request.limits = .init(idle: .seconds(1), total: .seconds(1), maximumHeaderBytes: 500)
        var dumped = ""
        do {
          let response = try await HTTPClient().stream(request)
          dump(response, to: &dumped)
          dumped += "\(response) \(response.body)"
          for try await event in response.body.serverSentEvents(maximumEventBytes: 99) {
            dump(event, to: &dumped)
          }
        } catch {
          dump(error, to: &dumped)
          dumped += "\(error)"
        }
        #expect(!dumped.isEmpty && !dumped.contains(secret) && !dumped.contains("\(path)"))
      }
    }
  }
}

/// A port of this process that takes connections and never answers.
private final class SilentListener {
  private let descriptor: Int32
  let port: UInt16

  init?() {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let failure = withUnsafeMutablePointer(to: &address) { [descriptor] pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, size) | listen(descriptor, 16) | getsockname(descriptor, $0, &size)
      }
    }
    port = UInt16(bigEndian: address.sin_port)
    guard failure == 0 else { return nil }
  }

  deinit { close(descriptor) }
}
