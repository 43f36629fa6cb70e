import Testing

@testable import HTTP

struct StreamLeakTests {
  /// How a reader gives up.
  private enum End: CaseIterable { case cancelled, dropped, cancelledAndDropped }

  /// Reads some of an endless answer and gives up.
  private func readABit(_ server: StreamServer, _ client: HTTPClient) async {
    let pieces = Int.random(in: 0...5)
    let end = End.allCases.randomElement()
    let task = Task {
      let response = try await client.stream(server.request("/drip"))
      var iterator = response.body.makeAsyncIterator()
      for _ in 0..<pieces { _ = try await iterator.next() }
      if end == .dropped { return }
      while try await iterator.next() != nil {}
    }
    if end != .dropped {
      for _ in 0..<Int.random(in: 0...2000) { await Task.yield() }
      task.cancel()
    }
    switch await task.result {
    case .success: #expect(end == .dropped)
    case .failure(let error): #expect((error as? HTTPError)?.code == .cancelled)
    }
  }

  @Test func aThousandStreamsGivenUpAtAnyMomentLeaveNothingBehind() async throws {
    try await StreamServer.run { server in
      let client = HTTPClient()
      await withTaskGroup { group in
        for _ in 0..<40 {
          group.addTask { for _ in 0..<25 { await readABit(server, client) } }
        }
      }
      // The server's own count, which no other test disturbs.
      let left = try await server.ask("/alone")
      #expect(left == "alone")
      #expect(await client.loop.transferCount == 0)
    }
  }
}
