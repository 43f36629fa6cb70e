import Foundation
import HTTP
import Testing

struct HTTPFailureTests {
  /// The error of a request that must fail.
  private func failure(
    _ request: HTTPRequest, _ client: HTTPClient = HTTPClient()
  ) async throws -> HTTPError {
    try await #require(throws: HTTPError.self) { _ = try await client.send(request) }
  }

  @Test(arguments: ["/slow", "/stuck"])
  func cancellingTheTaskClosesTheConnection(path: String) async throws {
    try await ScriptedServer.run { server in
      let client = HTTPClient()
      let task = Task { try await client.send(HTTPRequest(url: "\(server.url)\(path)")) }
      try await server.expectOK("/seen", client)
      task.cancel()
      let error = await #expect(throws: HTTPError.self) { try await task.value }
      #expect(error?.code == .cancelled && error?.isInDoubt == true)
      #expect(error?.isRetryable == false)
      try await server.expectOK("/gone", client)
    }
  }

  @Test func aCancelledTaskSendsNothing() async throws {
    try await ScriptedServer.run { server in
      let client = HTTPClient()
      let error = await Task {
        withUnsafeCurrentTask { $0?.cancel() }
        return await #expect(throws: HTTPError.self) {
          try await client.send(HTTPRequest(url: "\(server.url)/echo"))
        }
      }.value
      #expect(error?.code == .cancelled)
      #expect(error?.isInDoubt == false)
    }
  }

  @Test func whoDrivesMayBeCancelledWhileOthersWait() async throws {
    try await ScriptedServer.run { server in
      let client = HTTPClient()
      let first = Task { try await client.send(HTTPRequest(url: "\(server.url)/stuck")) }
      try await server.expectOK("/seen", client)
      let others = (0..<20).map { _ in
        Task { try await client.send(HTTPRequest(url: "\(server.url)/gone")).status }
      }
      first.cancel()
      for other in others {
        let status = try await other.value
        #expect(status == 200)
      }
    }
  }

  @Test func manyCancellationsAmongManyRequestsLeaveNobodyWaiting() async throws {
    try await ScriptedServer.run { server in
      let client = HTTPClient()
      let stuck = (0..<60).map { _ in
        Task { try await client.send(HTTPRequest(url: "\(server.url)/stuck")) }
      }
      let answered = (0..<200).map { _ in
        Task { try await client.send(HTTPRequest(url: "\(server.url)/echo")).status }
      }
      for (index, task) in answered.enumerated() {
        if index % 3 == 0 { stuck[index / 4].cancel() }
        let status = try await task.value
        #expect(status == 200)
      }
      for task in stuck {
        task.cancel()
        let error = await #expect(throws: HTTPError.self) { try await task.value }
        #expect(error?.code == .cancelled)
      }
    }
  }

  @Test func aRefusedConnectionIsRetryableAndNotInDoubt() async throws {
    let port = try await ScriptedServer.run { $0.port }
    let error = try await failure(HTTPRequest(.post, url: "http://127.0.0.1:\(port)/", body: []))
    #expect(error.code == .connectFailed && error.isRetryable && !error.isInDoubt)
    #expect(error.systemError == ECONNREFUSED)
    #expect(
      error.description
        == "connect_failed at http://127.0.0.1:\(port): Couldn't connect to server (Connection refused)"
    )
  }

  @Test func anUnknownHostIsSaidSo() async throws {
    let error = try await failure(HTTPRequest(url: "http://nowhere.invalid/"))
    #expect(error.code == .resolveFailed && !error.isInDoubt)
  }

  @Test(arguments: ["/cut", "/nothing", "/chunk-cut", "/reset"])
  func aConnectionThatBreaksLeavesTheOutcomeInDoubt(path: String) async throws {
    try await ScriptedServer.run { server in
      let error = try await failure(HTTPRequest(.post, url: "\(server.url)\(path)", body: [1]))
      #expect(error.code == .connectionLost && error.isInDoubt && error.isRetryable)
    }
  }

  @Test func bytesPastTheContentLengthAreNotPartOfTheAnswer() async throws {
    try await ScriptedServer.run { server in
      let client = HTTPClient()
      let response = try await client.send(HTTPRequest(url: "\(server.url)/surplus"))
      #expect(response.body == Array("ten".utf8))
      try await server.expectOK("/echo", client)
    }
  }

  @Test func whatIsNotHTTPIsAProtocolError() async throws {
    try await ScriptedServer.run { server in
      let error = try await failure(HTTPRequest(url: "\(server.url)/garbage"))
      #expect(error.code == .protocolError)
    }
  }

  @Test func aBodyOverTheLimitEndsTheTransfer() async throws {
    try await ScriptedServer.run { server in
      let client = HTTPClient()
      let error = try await failure(
        HTTPRequest(url: "\(server.url)/flood", maximumBodyBytes: 100_000), client)
      #expect(error.code == .bodyTooLarge && !error.isRetryable)
      try await server.expectOK("/gone", client)
      let exact = HTTPRequest(url: "\(server.url)/bytes?1000", maximumBodyBytes: 1000)
      #expect(try await client.send(exact).body.count == 1000)
    }
  }

  @Test func aHeadWithoutEndIsRefused() async throws {
    try await ScriptedServer.run { server in
      let error = try await failure(HTTPRequest(url: "\(server.url)/head-flood"))
      #expect(error.code == .headersTooLarge)
    }
  }

  @Test func theTotalTimeoutEndsAHangingRequest() async throws {
    try await ScriptedServer.run { server in
      let client = HTTPClient()
      let request = HTTPRequest(url: "\(server.url)/stuck", timeout: .seconds(1))
      let error = try await failure(request, client)
      #expect(error.code == .timeout && error.isInDoubt && error.isRetryable)
      try await server.expectOK("/gone", client)
    }
  }

  @Test(arguments: [
    "", "127.0.0.1:1/x", "ftp://127.0.0.1/", "file:///etc/passwd", "http://", "http:///x",
    "http://a:b@127.0.0.1:1/", "http://127.0.0.1:99999/", "http://127.0.0.1:1/a b",
    "http://127.0.0.1:1/\u{0}", "http://127.0.0.1:1/\r\nX: y", "http://127.0.0.1:1/é",
  ])
  func aBadURLIsRefusedBeforeAnythingIsSent(url: String) async throws {
    let error = try await failure(HTTPRequest(url: url))
    #expect(error.code == .badURL && !error.isInDoubt && !error.isRetryable)
  }

  @Test func headersCannotSmuggleLines() async throws {
    for headers: HTTPHeaders in [["X": "a\r\nY: b"], ["X\n": "a"], ["": "a"], ["X": "\u{0}"]] {
      let error = try await failure(HTTPRequest(url: "http://127.0.0.1:1/", headers: headers))
      #expect(error.code == .badRequest)
    }
    let error = try await failure(HTTPRequest(HTTPMethod("GET /"), url: "http://127.0.0.1:1/"))
    #expect(error.code == .badRequest)
  }

  @Test func noDescriptionHoldsASecret() async throws {
    let secret = "hunter2"
    let request = HTTPRequest(
      .post, url: "http://127.0.0.1:1/\(secret)?key=\(secret)",
      headers: ["Authorization": "Bearer \(secret)"], body: Array(secret.utf8))
    let error = try await failure(request)
    var dumped = ""
    dump(error, to: &dumped)
    dump(request.headers, to: &dumped)
    for text in ["\(request)", "\(error)", "\(request.headers)", dumped] {
      #expect(!text.contains(secret))
    }
    let withUser = HTTPRequest(url: "http://me:\(secret)@127.0.0.1:1/")
    #expect(!"\(withUser) \(try await failure(withUser))".contains(secret))
  }
}
