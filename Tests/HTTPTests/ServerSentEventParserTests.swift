import HTTP
import Testing

struct ServerSentEventParserTests {
  private func parse(_ parts: [ArraySlice<UInt8>]) throws -> [ServerSentEvent] {
    var parser = ServerSentEventParser()
    var events: [ServerSentEvent] = []
    for part in parts {
      parser.push(Array(part))
      while let event = try parser.next() { events.append(event) }
    }
    return events
  }

  private func parse(_ text: String) throws -> [ServerSentEvent] {
    try parse([Array(text.utf8)[...]])
  }

  /// Every line end, multi-byte text, and every kind of field.
  private static let sample = Array(
    "\u{FEFF}: hé\r\rid: 1\r\ndata: ünï€😀\r\n\r\nevent:a\rdata\rdata:  b\r\rretry: 25\ndata:\n\nid\ndata:z\n\ndata: cut"
      .utf8)
  private static let sampleEvents = [
    ServerSentEvent(data: "ünï€😀", id: "1"),
    ServerSentEvent(event: "a", data: "\n b", id: "1"),
    ServerSentEvent(data: "", id: "1", retry: .milliseconds(25)),
    ServerSentEvent(data: "z"),
  ]

  @Test func aSampleIsReadAtOnceAndByteByByte() throws {
    let sample = Self.sample
    #expect(try parse([sample[...]]) == Self.sampleEvents)
    #expect(try parse(sample.indices.map { sample[$0...$0] }) == Self.sampleEvents)
  }

  @Test func aSampleMayBeCutAtEveryPairOfBytes() throws {
    let sample = Self.sample
    for first in 0...sample.count {
      for second in first...sample.count {
        let parts = [sample[..<first], sample[first..<second], sample[second...]]
        guard try parse(parts) != Self.sampleEvents else { continue }
        Issue.record("cut at \(first) and \(second)")
      }
    }
  }

  @Test func theExamplesOfTheStandardAreRead() throws {
    #expect(
      try parse("data: YHOO\ndata: +2\ndata: 10\n\n") == [ServerSentEvent(data: "YHOO\n+2\n10")])
    #expect(
      try parse(
        ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n"
      )
        == [ServerSentEvent(data: "first event", id: "1"), ServerSentEvent(data: "second event")])
    #expect(
      try parse("data\n\ndata\ndata\n\ndata:") == [
        ServerSentEvent(data: ""), ServerSentEvent(data: "\n"),
      ])
    #expect(
      try parse("data:test\n\ndata: test\n\n") == [
        ServerSentEvent(data: "test"), ServerSentEvent(data: "test"),
      ])
  }

  @Test func aBlockWithoutDataIsNoEventAndLeavesItsID() throws {
    var parser = ServerSentEventParser()
    parser.push(Array("event: x\nid: 9\nretry: 5\n".utf8))
    #expect(try parser.next() == nil && parser.lastEventID == "")
    parser.push(Array("\ndata: y\n\n".utf8))
    #expect(try parser.next() == ServerSentEvent(data: "y", id: "9"))
    #expect(parser.lastEventID == "9" && parser.reconnectionTime == .milliseconds(5))
  }

  @Test(arguments: [
    "id: a\0b", "retry: 1a", "retry: -1", "retry:", "retry: 99999999999999999999", "Data: x",
    " data: x", "dat", ": data: x", "data : x", "\u{FEFF}data: x",
  ])
  func aFieldThatMeansNothingIsIgnored(line: String) throws {
    var parser = ServerSentEventParser()
    parser.push(Array("\n\(line)\ndata: y\n\n".utf8))
    #expect(try parser.next() == ServerSentEvent(data: "y"))
    #expect(parser.reconnectionTime == nil)
  }

  @Test func bytesThatAreNotUTF8AreRepaired() throws {
    let bytes = Array("data: ".utf8) + [0xC3, 0x28, 0xFF] + Array("\n\n".utf8)
    #expect(try parse([bytes[...]]) == [ServerSentEvent(data: "\u{FFFD}(\u{FFFD}")])
  }

  @Test(arguments: [1, 7, 1000])
  func theEventsBeforeOneThatIsTooLargeAreRead(step: Int) throws {
    let bytes = Array("data: fits it\n\ndata: 123456\ndata: 123456\ndata: 1\n\n".utf8)
    var parser = ServerSentEventParser(maximumEventBytes: 20)
    for start in stride(from: 0, to: bytes.count, by: step) {
      parser.push(Array(bytes[start..<min(start + step, bytes.count)]))
    }
    #expect(try parser.next() == ServerSentEvent(data: "fits it"))
    for _ in 1...2 {
      let error = #expect(throws: HTTPError.self) { try parser.next() }
      #expect(error?.code == .eventTooLarge && error?.isRetryable == false)
    }
  }

  @Test func commentsWithoutEndDoNotCountTowardsAnEvent() throws {
    var parser = ServerSentEventParser(maximumEventBytes: 20)
    for _ in 0..<100 { parser.push(Array(": keep-alive\n".utf8)) }
    parser.push(Array("data: y\n\n".utf8))
    #expect(try parser.next() == ServerSentEvent(data: "y"))
    parser.push(Array(repeating: UInt8(ascii: ":"), count: 21))
    #expect(throws: HTTPError.self) { try parser.next() }
  }

  @Test func theEventsOfABodyAreRead() async throws {
    try await StreamServer.run { server in
      let body = try await HTTPClient().stream(server.request("/events")).body
      var events = body.serverSentEvents().makeAsyncIterator()
      let first = try await events.next()
      #expect(first == ServerSentEvent(data: "one", id: "7") && events.lastEventID == "7")
      let second = try await events.next()
      #expect(second == ServerSentEvent(event: "end", data: "two\nlines", id: "7"))
      let end = try await events.next()
      #expect(end == nil)
    }
  }

  @Test func anEventWithoutEndEndsTheTransfer() async throws {
    try await StreamServer.run { server in
      let body = try await HTTPClient().stream(server.request("/endless-event")).body
      var count = 0
      do throws(HTTPError) {
        for try await _ in body.serverSentEvents(maximumEventBytes: 10_000) { count += 1 }
      } catch {
        #expect(error.code == .eventTooLarge)
      }
      #expect(count == 1)
      try await server.expectClosed()
    }
  }
}
