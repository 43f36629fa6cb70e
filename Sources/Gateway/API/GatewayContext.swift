import Hummingbird
import Jobs
import NIOCore

/// What one request carries from the edge to its handler.
struct GatewayContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  /// Named in the answer, in problems and in logs.
  var requestID = ""
  /// The URL's parameters, each name once; filled in by the route's own check.
  var query = Query()
  /// The connection that it came on.
  let channel: any Channel

  init(source: ApplicationRequestContextSource) {
    coreContext = CoreRequestContextStorage(source: source)
    channel = source.channel
  }
}
