import Testing

@testable import HTTP

struct ResponseAssemblerTests {
  private func assembler(
    _ limits: HTTPRequest.Limits = .init(), acceptsGzip: Bool = false
  ) -> ResponseAssembler {
    ResponseAssembler(limits: limits, acceptsGzip: acceptsGzip)
  }

  /// What each line of a head was.
  private func take(
    _ lines: String..., by assembler: inout ResponseAssembler
  ) -> [ResponseAssembler.Line] {
    lines.map { assembler.takeHeadLine(Array($0.utf8)) }
  }

  @Test func aHeadIsReadLineByLine() {
    var assembler = assembler()
    let lines = take(
      "HTTP/2 200\r\n", "a: b:c \r\n", "no colon\r\n", ": nameless\r\n", "\r\n", "late: 1\r\n",
      by: &assembler)
    let head = ResponseHead(status: 200, headers: ["a": "b:c"])
    #expect(lines == [.part, .part, .part, .part, .end(head), .trailer])
  }

  @Test func anInterimHeadIsForgotten() {
    var assembler = assembler()
    let lines = take(
      "HTTP/1.1 100 Go\r\n", "x: 1\r\n", "\r\n", "HTTP/1.1 204 None\r\n", "\r\n", by: &assembler)
    let head = ResponseHead(status: 204, headers: [:])
    #expect(lines == [.part, .part, .interimEnd, .part, .end(head)])
  }

  @Test(arguments: [
    "HTTP/1.1\r\n", "HTTP/1.1 20\r\n", "HTTP/1.1 999 x\r\n", "ICY 200 OK\r\n", "\r\n",
  ])
  func anotherStatusLineIsRefused(line: String) {
    var assembler = assembler()
    #expect(take(line, by: &assembler) == [.refused])
    #expect(assembler.refusal == .protocolError)
  }

  @Test func theBodyMayFillItsLimitAndNoMore() {
    var assembler = assembler(.init(maximumBodyBytes: 10))
    _ = take("HTTP/1.1 200 OK\r\n", "\r\n", by: &assembler)
    let fits = (assembler.takeBody(4), assembler.takeBody(6), assembler.takeBody(0))
    #expect(fits == (true, true, true))
    let isTaken = assembler.takeBody(1)
    #expect(!isTaken && assembler.refusal == .bodyTooLarge)
  }

  @Test func aBodyWithoutAHeadIsRefused() {
    var assembler = assembler()
    let isTaken = assembler.takeBody(1)
    #expect(!isTaken && assembler.refusal == .protocolError)
  }

  @Test func headsAndTrailersShareOneLimit() {
    var assembler = assembler(.init(maximumHeaderBytes: 30))
    #expect(take("HTTP/1.1 200 OK\r\n", "a: b\r\n", by: &assembler) == [.part, .part])
    #expect(take("\r\n", "c: \r\n", by: &assembler).last == .trailer)
    #expect(take("\r\n", by: &assembler) == [.refused])
    #expect(assembler.refusal == .headersTooLarge)
  }

  @Test func aCodingThatWasNotAskedForIsRefused() {
    for (coding, isRefused) in [("GZIP", false), ("identity", false), ("br", true)] {
      var assembler = assembler(acceptsGzip: true)
      let lines = take(
        "HTTP/1.1 200 OK\r\n", "Content-Encoding: \(coding)\r\n", "\r\n", by: &assembler)
      #expect((lines.last == .refused) == isRefused)
    }
    var twice = assembler(acceptsGzip: true)
    let line = "Content-Encoding: gzip\r\n"
    #expect(take("HTTP/1.1 200 OK\r\n", line, line, "\r\n", by: &twice).last == .refused)
    var plain = assembler()
    let lines = take("HTTP/1.1 200 OK\r\n", "Content-Encoding: br\r\n", "\r\n", by: &plain)
    #expect(lines.last == .end(ResponseHead(status: 200, headers: ["Content-Encoding": "br"])))
  }

  @Test func bytesThatAreNotUTF8AreRepaired() {
    var assembler = assembler()
    _ = take("HTTP/1.1 200 OK\r\n", by: &assembler)
    _ = assembler.takeHeadLine([0x61, 0x3A, 0xFF, 0x0D, 0x0A])
    let head = ResponseHead(status: 200, headers: ["a": "\u{FFFD}"])
    #expect(take("\r\n", by: &assembler) == [.end(head)])
  }
}
