import HTTP
import Testing

@Suite(.enabled(if: HTTP2Server.isInstalled, "no nghttpd (Debian package nghttp2-server)"))
struct HTTP2Tests {
  private func client(
    _ version: HTTPClient.Version, trusting certificate: String? = nil
  ) -> HTTPClient {
    var configuration = HTTPClient.Configuration()
    configuration.version = version
    configuration.certificateAuthorities = certificate
    return HTTPClient(configuration: configuration)
  }

  @Test func itIsChosenOverTLSWhereTheServerOffersIt() async throws {
    try await HTTP2Server.run { server in
      let client = client(.automatic, trusting: try await server.certificate())
      let response = try await client.send(HTTPRequest(url: server.url("https", "/small")))
      #expect(response.status == 200 && response.body == Array("small".utf8))
    }
  }

  @Test func aCertificateThatIsNotTrustedIsRefused() async throws {
    try await HTTP2Server.run { server in
      let request = HTTPRequest(url: try await server.url("https", "/small"))
      let error = await #expect(throws: HTTPError.self) {
        try await client(.automatic).send(request)
      }
      #expect(error?.code == .tls && error?.isInDoubt == false && error?.isRetryable == false)
    }
  }

  @Test func aGuardedClientSpeaksItToWhomItMay() async throws {
    try await HTTP2Server.run { server in
      let request = HTTPRequest(url: try await server.url("https", "/small"))
      var configuration = HTTPClient.Configuration()
      configuration.certificateAuthorities = try await server.certificate()
      configuration.egress = .publicOnly()
      let error = await #expect(throws: HTTPError.self) {
        try await HTTPClient(configuration: configuration).send(request)
      }
      #expect(error?.code == .egressRefused)
      configuration.egress = .publicOnly(
        allowing: [AddressRange("127.0.0.1/32")].compactMap(\.self))
      let client = HTTPClient(configuration: configuration)
      for _ in 1...3 {
        let body = try await client.send(request).body
        #expect(body == Array("small".utf8))
      }
    }
  }

  @Test func itIsSpokenWithoutTLSOnlyWhenToldTo() async throws {
    try await HTTP2Server.run { server in
      let request = HTTPRequest(url: try await server.url("http", "/small"))
      let response = try await client(.http2PriorKnowledge).send(request)
      #expect(response.body == Array("small".utf8))
      await #expect(throws: HTTPError.self) { try await client(.automatic).send(request) }
    }
  }

  @Test(arguments: ["http", "https"])
  func aLargeBodyArrivesWhole(scheme: String) async throws {
    try await HTTP2Server.run { server in
      let client = client(
        scheme == "http" ? .http2PriorKnowledge : .automatic,
        trusting: try await server.certificate())
      var request = HTTPRequest(url: try await server.url(scheme, "/large"), limits: .stream)
      request.limits.maximumBodyBytes = 32 << 20
      var received = 0
      for try await piece in try await client.stream(request).body { received += piece.count }
      #expect(received == 32 << 20)
    }
  }

  @Test func aBrokenLimitLeavesTheOutcomeInDoubt() async throws {
    try await HTTP2Server.run { server in
      let client = client(.automatic, trusting: try await server.certificate())
      var large = HTTPRequest(url: try await server.url("https", "/large"), limits: .stream)
      large.limits.total = .seconds(2)
      let response = try await client.stream(large)
      // Nobody reads, so that the answer does not become whole.
      try await server.expectEnd()
      let error = await #expect(throws: HTTPError.self) {
        try await response.body.collect(upTo: 32 << 20)
      }
      #expect(error?.code == .timeout && error?.isInDoubt == true)
    }
  }

  @Test func droppingABodyIsToldToTheServerAtOnce() async throws {
    try await HTTP2Server.run { server in
      let client = client(.automatic, trusting: try await server.certificate())
      let large = HTTPRequest(url: try await server.url("https", "/large"), limits: .stream)
      #expect(try await client.stream(large).status == 200)
      try await server.expectEnd()
      let small = HTTPRequest(url: try await server.url("https", "/small"))
      #expect(try await client.send(small).body == Array("small".utf8))
    }
  }

  @Test func droppingABodyEndsNoOtherStreamOfItsConnection() async throws {
    try await HTTP2Server.run { server in
      let client = client(.automatic, trusting: try await server.certificate())
      var large = HTTPRequest(url: try await server.url("https", "/large"), limits: .stream)
      large.limits.maximumBodyBytes = 32 << 20
      // Opens the connection that the others share.
      _ = try await client.send(HTTPRequest(url: server.url("https", "/small")))
      let kept = try await client.stream(large)
      _ = try await client.stream(large)
      var received = 0
      for try await piece in kept.body { received += piece.count }
      #expect(received == 32 << 20)
      try await server.expectEnd()
    }
  }

  @Test func aReaderThatWaitsHoldsUpNoOtherStream() async throws {
    try await HTTP2Server.run { server in
      let client = client(.automatic, trusting: try await server.certificate())
      var large = HTTPRequest(url: try await server.url("https", "/large"), limits: .stream)
      large.limits.maximumBodyBytes = 32 << 20
      let small = HTTPRequest(url: try await server.url("https", "/small"), timeout: .seconds(5))
      let waiting = try await client.stream(large)
      for _ in 1...50 {
        let body = try await client.send(small).body
        #expect(body == Array("small".utf8))
      }
      var received = 0
      for try await piece in waiting.body { received += piece.count }
      #expect(received == 32 << 20)
    }
  }
}
