import Testing

@testable import HTTP

struct ResponseAssemblerTests {
  private func assemble(_ lines: String..., body: [UInt8] = []) -> HTTPResponse? {
    var assembler = ResponseAssembler(maximumBodyBytes: 10)
    for line in lines where !assembler.takeHeadLine(Array(line.utf8)) { return nil }
    guard body.withUnsafeBytes({ assembler.takeBody($0) }) else { return nil }
    return assembler.finish()
  }

  @Test func aHeadIsReadLineByLine() throws {
    let response = try #require(
      assemble("HTTP/2 200\r\n", "a: b:c \r\n", "no colon\r\n", ": nameless\r\n", "\r\n", body: [7])
    )
    #expect(response.status == 200 && response.body == [7])
    #expect(response.headers.fields == [.init(name: "a", value: "b:c")])
  }

  @Test func anInterimHeadIsForgotten() throws {
    let response = try #require(
      assemble("HTTP/1.1 100 Go\r\n", "x: 1\r\n", "\r\n", "HTTP/1.1 204 None\r\n", "\r\n"))
    #expect(response.status == 204 && response.headers.fields.isEmpty)
  }

  @Test(arguments: [
    "HTTP/1.1\r\n", "HTTP/1.1 20\r\n", "HTTP/1.1 999 x\r\n", "ICY 200 OK\r\n", "\r\n",
  ])
  func anotherStatusLineIsRefused(line: String) {
    var assembler = ResponseAssembler(maximumBodyBytes: 10)
    let goesOn = assembler.takeHeadLine(Array(line.utf8))
    #expect(!goesOn)
    #expect(assembler.refusal == .protocolError)
  }

  @Test func theBodyMayFillItsLimitAndNoMore() {
    #expect(assemble("HTTP/1.1 200 OK\r\n", "\r\n", body: Array(repeating: 0, count: 10)) != nil)
    #expect(assemble("HTTP/1.1 200 OK\r\n", "\r\n", body: Array(repeating: 0, count: 11)) == nil)
  }

  @Test func bytesThatAreNotUTF8AreRepaired() throws {
    var assembler = ResponseAssembler(maximumBodyBytes: 0)
    for line in [Array("HTTP/1.1 200 OK\r\n".utf8), [0x61, 0x3A, 0xFF, 0x0D, 0x0A], [0x0D, 0x0A]] {
      _ = assembler.takeHeadLine(line)
    }
    #expect(assembler.finish()?.headers["a"] == "\u{FFFD}")
  }
}
