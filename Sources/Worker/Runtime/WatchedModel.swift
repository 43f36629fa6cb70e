import Jobs
import Observability
import Synchronization

/// A model whose calls pass the failpoints of a model's call.
struct WatchedModel: ModelCalling {
  private let model: any ModelCalling

  init(_ model: any ModelCalling) { self.model = model }

  func complete(
    _ request: ModelRequest, onDelta: @Sendable (String) async -> Void
  ) async throws -> ModelResponse {
    try Failpoint.modelSent.hit()
    let first = FirstByte()
    let response = try await model.complete(request) { piece in
      first.pass()
      await onDelta(piece)
    }
    first.pass()
    try first.outcome.get()
    try Failpoint.modelDone.hit()
    return response
  }
}

/// Passes the failpoint once; what it throws is kept until the answer is there.
private final class FirstByte: Sendable {
  private let result = Mutex<Result<Void, FailpointError>?>(nil)

  var outcome: Result<Void, FailpointError> { result.withLock { $0 } ?? .success(()) }

  func pass() {
    result.withLock { result in
      guard result == nil else { return }
      result = Result { () throws(FailpointError) in try Failpoint.modelFirstByte.hit() }
    }
  }
}
