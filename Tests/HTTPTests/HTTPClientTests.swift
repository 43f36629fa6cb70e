import Foundation
import HTTP
import Testing

struct HTTPClientTests {
  private struct Echo: Decodable {
    let method: String
    let query: String
    let body: String
    let headers: [[String]]
  }

  private func echo(_ response: HTTPResponse) throws -> Echo {
    try JSONDecoder().decode(Echo.self, from: Data(response.body))
  }

  @Test func aRequestArrivesAsItWasGiven() async throws {
    try await ScriptedServer.run { server in
      let response = try await HTTPClient().send(
        HTTPRequest(
          .patch, url: "\(server.url)/echo?a=b%20c", headers: ["X-One": "1", "X-Empty": ""],
          body: Array("héllo\0!".utf8)))
      let echo = try echo(response)
      #expect(response.status == 200)
      #expect(echo.method == "PATCH" && echo.query == "a=b%20c")
      #expect(echo.body.unicodeScalars.count == 8)
      #expect(echo.headers.contains(["X-One", "1"]) && echo.headers.contains(["X-Empty", ""]))
      let names = echo.headers.map { $0[0].lowercased() }
      #expect(!names.contains("expect") && !names.contains("content-type"))
      #expect(!names.contains("accept-encoding"))
    }
  }

  @Test(arguments: [HTTPMethod.get, .delete, .head, .post, .put])
  func everyMethodIsSentUnderItsName(method: HTTPMethod) async throws {
    try await ScriptedServer.run { server in
      let body: [UInt8]? = method == .post || method == .put ? [] : nil
      let response = try await HTTPClient().send(
        HTTPRequest(method, url: "\(server.url)/echo", body: body))
      #expect(response.status == 200)
      if method == .head {
        #expect(response.body.isEmpty)
      } else {
        #expect(try echo(response).method == method.name)
      }
    }
  }

  @Test func aLargeBodyArrivesWhole() async throws {
    try await ScriptedServer.run { server in
      let response = try await HTTPClient().send(HTTPRequest(url: "\(server.url)/bytes?3000001"))
      #expect(response.body.elementsEqual((0..<3_000_001).lazy.map { UInt8($0 % 251) }))
    }
  }

  @Test func aLargeBodyIsSentWhole() async throws {
    try await ScriptedServer.run { server in
      let body = (0..<2_000_003).map { UInt8(truncatingIfNeeded: $0 &* 31) }
      let response = try await HTTPClient().send(
        HTTPRequest(.post, url: "\(server.url)/mirror", body: body))
      #expect(response.status == 201)
      #expect(response.body == body)
    }
  }

  @Test func headersAreFoundInAnyCaseAndKeepTheirOrder() async throws {
    try await ScriptedServer.run { server in
      let headers = try await HTTPClient().send(HTTPRequest(url: "\(server.url)/case")).headers
      #expect(headers["x-MIXED"] == "one")
      #expect(headers.values(for: "X-Mixed") == ["one", "two"])
      #expect(headers["x-empty"] == "" && headers["x-missing"] == nil)
    }
  }

  @Test func anyStatusIsAnAnswerAndRedirectsAreNotFollowed() async throws {
    try await ScriptedServer.run { server in
      let client = HTTPClient()
      let busy = try await client.send(HTTPRequest(url: "\(server.url)/status?503"))
      #expect(busy.status == 503 && busy.headers["retry-after"] == "7")
      #expect(busy.body == Array("sorry".utf8))
      let moved = try await client.send(HTTPRequest(url: "\(server.url)/redirect"))
      #expect(moved.status == 302 && moved.headers["Location"] == "/echo")
    }
  }

  @Test func interimAnswersAndTrailersAreSkipped() async throws {
    try await ScriptedServer.run { server in
      let client = HTTPClient()
      let early = try await client.send(HTTPRequest(url: "\(server.url)/early"))
      #expect(early.status == 200 && early.headers["Link"] == nil)
      #expect(early.body == Array("late".utf8))
      let trailer = try await client.send(HTTPRequest(url: "\(server.url)/trailer"))
      #expect(trailer.body == Array("hello".utf8) && trailer.headers["X-Late"] == nil)
    }
  }

  @Test func requestsOneAfterTheOtherShareAConnection() async throws {
    try await ScriptedServer.run { server in
      let client = HTTPClient()
      for _ in 1...5 { _ = try await client.send(HTTPRequest(url: "\(server.url)/echo")) }
      let count = try await client.send(HTTPRequest(url: "\(server.url)/connections"))
      #expect(count.body == Array("1".utf8))
    }
  }

  @Test func aHundredRequestsAtOnceAllGetTheirOwnAnswer() async throws {
    try await ScriptedServer.run { server in
      let client = HTTPClient()
      let answers = try await withThrowingTaskGroup(of: (Int, [UInt8]).self) { group in
        for number in 0..<100 {
          group.addTask {
            let body = Array(repeating: UInt8(number), count: 1000 + number)
            let request = HTTPRequest(.post, url: "\(server.url)/mirror", body: body)
            return (number, try await client.send(request).body)
          }
        }
        return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
      }
      #expect(answers.count == 100)
      #expect(
        answers.allSatisfy { number, body in
          body.count == 1000 + number && body.allSatisfy { $0 == UInt8(number) }
        })
    }
  }

  @Test func aRequestIsAnsweredWhileAnotherOneWaits() async throws {
    try await ScriptedServer.run { server in
      let client = HTTPClient()
      async let _ = client.send(HTTPRequest(url: "\(server.url)/stuck"))
      try await server.expectOK("/seen", client)
      // Leaving the scope cancels and awaits `stuck`.
    }
  }
}
