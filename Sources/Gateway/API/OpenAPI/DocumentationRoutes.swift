import HTTPTypes
import Hummingbird
import HummingbirdCore
import Jobs
import NIOCore
import Synchronization

/// `/api/v1/openapi.json` and `/docs`: what this node serves, for programs and for people.
struct DocumentationRoutes: RouteGroup {
  let routes: [Route]

  /// - Parameter other: The routes of all other groups.
  init(beside other: [Route]) {
    // The documents tell of these routes too.
    let all = other + Self.routes(document: LateBytes { [] }, page: LateBytes { [] })
    routes = Self.routes(
      document: LateBytes { OpenAPIDocument(routes: all).json.json },
      page: LateBytes { DocumentationPage(OpenAPIDocument(routes: all).json).html })
  }

  private static func routes(document: LateBytes, page: LateBytes) -> [Route] {
    [
      Route(
        .get, "/api/v1/openapi.json", openAPI,
        .anyone { _, _ in
          Response(
            status: .ok,
            headers: [.contentType: "application/json", .cacheControl: "max-age=300"],
            body: ResponseBody(byteBuffer: document.buffer))
        }),
      Route(
        .get, "/docs", docs,
        .anyone { _, _ in
          Response(
            status: .ok,
            headers: [
              .contentType: "text/html; charset=utf-8", .cacheControl: "max-age=300",
              .contentSecurityPolicy: DocumentationPage.policy,
            ],
            body: ResponseBody(byteBuffer: page.buffer))
        }),
    ]
  }

  private static let openAPI = RouteDocument(
    id: "getOpenAPI", tag: .documentation, summary: "This document",
    answers: [.json(200, "OpenAPI 3.1.", ["type": "object"])])

  private static let docs = RouteDocument(
    id: "getDocs", tag: .documentation, summary: "This document as a page",
    answers: [
      RouteAnswer(
        status: 200, detail: "HTML that loads nothing else.", mediaType: "text/html",
        schema: ["type": "string"])
    ])
}

/// Bytes that are made when they are first asked for, and kept.
private final class LateBytes: Sendable {
  private let made = Mutex<ByteBuffer?>(nil)
  private let make: @Sendable () -> [UInt8]

  init(_ make: @escaping @Sendable () -> [UInt8]) { self.make = make }

  var buffer: ByteBuffer {
    made.withLock { made in
      if let made { return made }
      let new = ByteBuffer(bytes: make())
      made = new
      return new
    }
  }
}
