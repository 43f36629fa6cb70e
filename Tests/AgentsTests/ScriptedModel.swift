import Jobs
import Synchronization

/// A model that gives one prepared answer and remembers what it was asked.
final class ScriptedModel: ModelCalling {
  private let response: ModelResponse
  private let seen = Mutex<[ModelRequest]>([])

  init(text: String, calls: [ModelCall] = []) {
    response = ModelResponse(
      text: text, calls: calls, model: "test/scripted", inputTokens: 1, outputTokens: 2)
  }

  var requests: [ModelRequest] { seen.withLock { $0 } }

  func complete(
    _ request: ModelRequest, onDelta: @Sendable (String) async -> Void
  ) async throws -> ModelResponse {
    seen.withLock { $0.append(request) }
    await onDelta(response.text)
    return response
  }
}
