import Hummingbird
import Jobs

/// What one request carries from the edge to its handler.
struct GatewayContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  /// Named in the answer, in problems and in logs.
  var requestID = ""
  /// The URL's parameters, each name once; filled in by the route's own check.
  var query = Query()

  init(source: ApplicationRequestContextSource) {
    coreContext = CoreRequestContextStorage(source: source)
  }
}
