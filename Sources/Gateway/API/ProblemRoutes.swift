import Hummingbird
import HummingbirdCore
import Jobs

/// `/problems/{slug}`: what the `type` of a problem refers to.
struct ProblemRoutes: RouteGroup {
  var routes: [Route] {
    [
      Route(
        .get, "/problems/{slug}", Self.document, .anyone { _, context in try explain(context) })
    ]
  }

  private func explain(_ context: GatewayContext) throws(Problem) -> Response {
    guard let kind = context.parameters.get("slug").flatMap(ProblemKind.init(rawValue:)) else {
      throw Problem(.routeNotFound, "There is no problem type of this name.")
    }
    let text = """
      # \(kind.title)

      Status \(kind.status), code `\(kind.code)`, type `/problems/\(kind.rawValue)`.

      \(kind.explanation)

      """
    return Response(
      status: .ok,
      headers: [.contentType: "text/markdown; charset=utf-8", .cacheControl: "max-age=3600"],
      body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
  }
}
