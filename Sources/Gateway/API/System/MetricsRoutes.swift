import HTTPTypes
import Hummingbird
import HummingbirdCore
import Jobs
import NIOCore
import Observability

/// `/metrics`: the figures of the whole system and of this node.
struct MetricsRoutes: RouteGroup {
  let service: any JobService

  var routes: [Route] {
    [Route(.get, "/metrics", Self.document, .anyone { request, _ in try await metrics(request) })]
  }

  private func metrics(_ request: Request) async throws -> Response {
    let format = MetricsNegotiation(accept: request.headers[values: .accept]).format
    let text = MetricsText.render(try await service.metrics(), as: format)
    return Response(
      status: .ok, headers: [.contentType: MetricsText.contentType(format), .vary: "Accept"],
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: text)))
  }
}
