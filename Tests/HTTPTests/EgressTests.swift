import HTTP
import Testing

/// What a guarded client does with real connections. What it may connect to: `AddressPolicyTests`.
struct EgressTests {
  /// A client for public addresses over both schemes, and the blocks given.
  private func guarded(_ exceptions: String..., plainHTTP: Bool = true) -> HTTPClient {
    var configuration = HTTPClient.Configuration()
    configuration.egress = .publicOnly(
      allowing: exceptions.compactMap { AddressRange($0) }, allowsPlainHTTP: plainHTTP)
    return HTTPClient(configuration: configuration)
  }

  /// The error of a request that must fail.
  private func failure(_ url: String, _ client: HTTPClient) async throws -> HTTPError {
    try await #require(throws: HTTPError.self) {
      _ = try await client.send(HTTPRequest(.post, url: url, body: [1], timeout: .seconds(20)))
    }
  }

  /// How many connections the server has had, that of this question included.
  private func connections(_ server: ScriptedServer) async throws -> Int? {
    let response = try await HTTPClient().send(HTTPRequest(url: "\(server.url)/connections"))
    return Int(String(decoding: response.body, as: UTF8.self))
  }

  /// Hosts that libcurl takes to a server at 127.0.0.1.
  private static let spellings = [
    "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0X7F.1", "0177.0.0.1",
    "017700000001", "00000177.0x0.0.1", "127.000.000.001", "0x7f.0.0.0x1", "%31%32%37.0.0.1",
    "127%2e0%2E0.1", "localhost", "LOCALHOST", "%6cocalhost", "0", "0.0.0.0", "0x0",
    "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:FFFF:127.0.0.1]",
  ]

  @Test func everySpellingOfThisMachineReachesItAndNoneFromAGuardedClient() async throws {
    try await ScriptedServer.run { server in
      let client = guarded()
      for host in Self.spellings {
        let url = "http://\(host):\(server.port)/echo"
        let error = try await failure(url, client)
        #expect(error.code == .egressRefused && !error.isInDoubt && !error.isRetryable, "\(host)")
      }
      #expect(try await connections(server) == 1)
      let free = HTTPClient()
      for host in Self.spellings {
        let url = "http://\(host):\(server.port)/echo"
        #expect(try await free.send(HTTPRequest(url: url)).status == 200, "\(host)")
      }
    }
  }

  @Test(arguments: [
    "[::1]", "[::]", "[::1%25lo]", "[fe80::1%25lo]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]",
    "[::127.0.0.1]", "10.0.0.1", "192.168.1", "169.254.169.254", "0xa9fea9fe", "2852039166",
    "100.64.0.1", "[fd00:ec2::254]", "198.18.0.1", "224.0.0.1", "255.255.255.255", "[ff02::1]",
    "192.0.2.1", "[2001:db8::1]", "[fec0::1]", "[::ffff:0:7f00:1]",
  ])
  func whatIsNotPublicIsRefusedWithoutAPacket(host: String) async throws {
    for scheme in ["http", "https"] {
      let error = try await failure("\(scheme)://\(host):9/", guarded("127.0.0.0/8"))
      #expect(error.code == .egressRefused && error.curlCode == nil && error.systemError == nil)
    }
  }

  @Test func theRefusalTellsNothingButWhatTheCallerSaid() async throws {
    let error = try await failure("http://localhost:9/secret?secret", guarded())
    #expect(
      error.description
        == "egress_refused at http://localhost:9: the host has no address that may be connected to")
  }

  @Test func anExceptionLetsItsBlockInHoweverItIsSpelled() async throws {
    try await ScriptedServer.run { server in
      let client = guarded("127.0.0.1/32")
      for host in Self.spellings where !host.hasPrefix("0") && !host.hasPrefix("[") {
        let url = "http://\(host):\(server.port)/echo"
        #expect(try await client.send(HTTPRequest(url: url)).status == 200, "\(host)")
      }
      for host in ["127.0.0.2", "0.0.0.0", "[::ffff:127.0.0.1]", "[::1]"] {
        let error = try await failure("http://\(host):\(server.port)/", client)
        #expect(error.code == .egressRefused, "\(host)")
      }
      let mapped = HTTPRequest(url: "http://[::ffff:127.0.0.1]:\(server.port)/echo")
      #expect(try await guarded("::ffff:127.0.0.1/128").send(mapped).status == 200)
    }
  }

  @Test func ofSeveralAddressesThoseThatAreAllowedAreTried() async throws {
    try await ScriptedServer.run { server in
      // libcurl itself says that localhost is 127.0.0.1 and ::1.
      let url = "http://localhost:\(server.port)/echo"
      #expect(try await guarded("127.0.0.1/32").send(HTTPRequest(url: url)).status == 200)
      // Nobody listens there, which is another failure.
      let error = try await failure(url, guarded("::1/128"))
      #expect(error.code == .connectFailed && error.isRetryable)
      #expect(try await failure(url, guarded("10.0.0.0/8")).code == .egressRefused)
    }
  }

  @Test func eachRequestHasAConnectionOfItsOwn() async throws {
    try await ScriptedServer.run { server in
      let client = guarded("127.0.0.1/32")
      for _ in 1...5 { _ = try await client.send(HTTPRequest(url: "\(server.url)/echo")) }
      #expect(try await connections(server) == 6)
    }
  }

  @Test func aRedirectIsAnAnswer() async throws {
    try await ScriptedServer.run { server in
      let response = try await guarded("127.0.0.1/32").send(
        HTTPRequest(url: "\(server.url)/redirect"))
      #expect(response.status == 302 && response.headers["Location"] == "/echo")
      #expect(try await connections(server) == 2)
    }
  }

  @Test func noCookieComesBack() async throws {
    try await ScriptedServer.run { server in
      let client = guarded("127.0.0.1/32")
      let first = try await client.send(HTTPRequest(url: "\(server.url)/cookie"))
      #expect(first.headers["Set-Cookie"] != nil)
      let echo = try await client.send(HTTPRequest(url: "\(server.url)/echo")).body
      #expect(!String(decoding: echo, as: UTF8.self).lowercased().contains("cookie"))
    }
  }

  @Test func plainHTTPIsSpokenOnlyIfAllowed() async throws {
    try await ScriptedServer.run { server in
      let client = guarded("127.0.0.1/32", plainHTTP: false)
      for scheme in ["http", "HTTP", "hTTp"] {
        let error = try await failure("\(scheme)://127.0.0.1:\(server.port)/echo", client)
        #expect(error.code == .egressRefused && error.message == "only https may be spoken")
      }
      #expect(try await connections(server) == 1)
      // Spoken, and not understood there.
      let error = try await failure("https://127.0.0.1:\(server.port)/echo", client)
      #expect(error.code == .tls)
    }
  }

  @Test(arguments: [
    "", "127.0.0.1", "//127.0.0.1/", "ftp://127.0.0.1/", "file:///etc/passwd",
    "gopher://127.0.0.1/", "dict://127.0.0.1/", "ws://127.0.0.1/", "https:/127.0.0.1/",
    "https:127.0.0.1", "https://", "https:///x", "https://me@127.0.0.1/",
    "https://me:secret@127.0.0.1/",
    "https://example.com@127.0.0.1/", "https://127.0.0.1:99999/", "https://127.0.0.1%00.test/",
    "https://exa mple/", "https://127.0.0.1\u{0}/", "https://127。0。0。1/",
    "https://example.com\\@127.0.0.1/", "https://[::1", "https://[]/", "https://[v1.x]/",
  ])
  func whatIsNoPlainURLIsRefused(url: String) async throws {
    let error = try await failure(url, guarded("127.0.0.0/8"))
    #expect(error.code == .badURL && !error.isInDoubt && !error.isRetryable)
    let early = #expect(throws: HTTPError.self) { try EgressPolicy.publicOnly().check(url) }
    #expect(early?.code == .badURL)
  }

  @Test func aURLIsJudgedByItsTextBeforeItIsStored() throws {
    let policy = EgressPolicy.publicOnly(allowing: [AddressRange("10.1.0.0/16")].compactMap(\.self))
    for url in [
      "https://example.com/hook?a=b", "HTTPS://example.com:8443", "https://8.8.8.8/",
      "https://localhost/", "https://10.1.2.3/", "https://[2606:4700::1111]/", "https://0xa.1.2.3/",
    ] {
      #expect(throws: Never.self) { try policy.check(url) }
    }
    for url in [
      "http://example.com/", "https://10.2.0.1/", "https://127.1/", "https://0x7f.1/",
      "https://2130706433/", "https://[::1]/", "https://[::ffff:10.1.2.3]/", "https://%31%30.2/",
      "https://[fe80::1%25eth0]/", "https://169.254.169.254/latest",
    ] {
      let error = #expect(throws: HTTPError.self) { try policy.check(url) }
      #expect(error?.code == .egressRefused, "\(url)")
    }
    #expect(throws: Never.self) { try EgressPolicy.unrestricted.check("http://127.0.0.1/") }
  }
}
