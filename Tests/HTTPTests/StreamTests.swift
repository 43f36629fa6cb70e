import HTTP
import Testing

struct StreamTests {
  @Test func aPieceArrivesBeforeTheNextOneIsSent() async throws {
    try await StreamServer.run { server in
      let response = try await HTTPClient().stream(server.request("/gated?3"))
      #expect(response.status == 200 && response.headers["Transfer-Encoding"] == "chunked")
      var pieces = response.body.makeAsyncIterator()
      for number in 0..<3 {
        try await server.go()
        let piece = try await pieces.next()
        #expect(piece == Array("piece \(number)".utf8))
      }
    }
  }

  @Test func theHeadIsThereBeforeTheBody() async throws {
    try await StreamServer.run { server in
      let client = HTTPClient()
      async let answer = client.stream(server.request("/gated-end?3"))
      try await server.go()
      let response = try await answer
      try await server.go()
      #expect(try await response.body.collect(upTo: 6) == Array("0\n1\n2\n".utf8))
    }
  }

  @Test func cancellingTheReaderClosesTheConnection() async throws {
    try await StreamServer.run { server in
      let client = HTTPClient()
      let (isReading, reading) = AsyncStream<Void>.makeStream()
      let task = Task {
        let response = try await client.stream(server.request("/gated?1"))
        for try await _ in response.body { reading.yield() }
      }
      try await server.go()
      for await _ in isReading { break }
      task.cancel()
      let error = await #expect(throws: HTTPError.self) { try await task.value }
      #expect(error?.code == .cancelled && error?.isInDoubt == true)
      try await server.expectClosed()
    }
  }

  @Test func droppingTheBodyClosesTheConnection() async throws {
    try await StreamServer.run { server in
      let client = HTTPClient()
      _ = try await client.stream(server.request("/silent?x"))
      try await server.expectClosed()
    }
  }

  @Test func droppingTheIteratorClosesTheConnectionAlsoWhileTheBodyIsHeld() async throws {
    try await StreamServer.run { server in
      let response = try await HTTPClient().stream(server.request("/silent?x"))
      for try await _ in response.body { break }
      try await server.expectClosed()
      let error = await #expect(throws: HTTPError.self) { try await response.body.collect(upTo: 9) }
      #expect(error?.code == .bodyTaken)
    }
  }

  @Test func aSecondReaderGetsNothingAndDisturbsNobody() async throws {
    try await StreamServer.run { server in
      let body = try await HTTPClient().stream(server.request("/gated?1")).body
      var pieces = body.makeAsyncIterator()
      let error = await #expect(throws: HTTPError.self) { try await body.collect(upTo: 9) }
      #expect(error?.code == .bodyTaken && error?.isInDoubt == false)
      try await server.go()
      let piece = try await pieces.next()
      #expect(piece == Array("piece 0".utf8))
    }
  }

  @Test func aClientThatIsDroppedKeepsItsStreams() async throws {
    try await StreamServer.run { server in
      let response = try await HTTPClient().stream(server.request("/gated?1"))
      try await server.go()
      var pieces = response.body.makeAsyncIterator()
      let piece = try await pieces.next()
      #expect(piece == Array("piece 0".utf8))
    }
  }

  @Test func whatCameBeforeACutIsReadFirst() async throws {
    try await StreamServer.run { server in
      let response = try await HTTPClient().stream(server.request("/cut"))
      var pieces = response.body.makeAsyncIterator()
      let piece = try await pieces.next()
      #expect(piece == Array("before".utf8))
      for _ in 1...2 {
        let error = await #expect(throws: HTTPError.self) { _ = try await pieces.next() }
        #expect(error?.code == .connectionLost && error?.isInDoubt == true)
      }
    }
  }

  @Test func aSlowReaderSlowsTheServerDownAndIsNotIdle() async throws {
    try await StreamServer.run { server in
      var limits = HTTPRequest.Limits.stream
      limits.idle = .milliseconds(700)
      limits.maximumBodyBytes = 64 << 20
      let response = try await HTTPClient().stream(server.request("/pour?64", limits: limits))
      // The server says so after a whole second without progress.
      let sent = try #require(Int(try await server.ask("/blocked")))
      // Both kernel buffers, and what waits for the reader.
      #expect(sent < 16 << 20)
      var received = 0
      for try await piece in response.body {
        #expect(piece.count <= (256 + 16) << 10)
        received += piece.count
      }
      #expect(received == 64 << 20)
    }
  }

  @Test func aConnectionIsUsedAgainAfterAStreamThatWasRead() async throws {
    try await StreamServer.run { server in
      let client = HTTPClient()
      let ports = try await withThrowingTaskGroup(of: String.self) { group in
        group.addTask {
          var ports: Set<String> = []
          for _ in 1...20 {
            let response = try await client.stream(server.request("/connection"))
            ports.insert(String(decoding: try await response.body.collect(upTo: 9), as: UTF8.self))
          }
          return ports.joined(separator: " ")
        }
        return try await group.next() ?? ""
      }
      #expect(!ports.isEmpty && !ports.contains(" "))
    }
  }

  @Test func manyStreamsAreOpenAtOnceOnOneClient() async throws {
    try await StreamServer.run { server in
      let client = HTTPClient()
      try await withThrowingTaskGroup(of: [UInt8].self) { group in
        for _ in 0..<200 {
          // Each piece comes when all 200 have the one before.
          group.addTask {
            try await client.stream(server.request("/together?200")).body.collect(upTo: 5)
          }
        }
        for try await body in group { #expect(body == Array("01234".utf8)) }
      }
    }
  }
}
