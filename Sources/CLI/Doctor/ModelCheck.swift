import Foundation
import HTTP
import Jobs
import ServiceSupport

/// Whether a language model is configured, and whether its server can be reached. Its key is
/// neither printed nor sent.
struct ModelCheck {
  let settings: ModelSettings

  private static let openAI = "https://api.openai.com/v1"

  func findings() async throws -> [Finding] {
    guard let model = settings.openAI else {
      return [
        .warn(
          "model", "builtin/demo alone: offline, and it understands a few requests",
          mend: "set OPENAI_API_KEY, or OPENAI_BASE_URL for a server of your own")
      ]
    }
    let key = model.apiKey == nil ? "without a key" : "with a key"
    let url = model.baseURL ?? Self.openAI
    var request = HTTPRequest(.head, url: url)
    request.limits = HTTPRequest.Limits(connect: .seconds(5), total: .seconds(8))
    let configured = Finding.ok("model", "\(model.model) at \(request.endpoint), \(key)")
    do throws(HTTPError) {
      // Any answer will do: it is the way there that is looked at.
      _ = try await HTTPClient().send(request)
      return [configured]
    } catch {
      if error.code == .cancelled { throw CancellationError() }
      return [
        .fail(
          "model", "\(model.model): \(request.endpoint) cannot be reached: \(error.message)",
          mend: "see OPENAI_BASE_URL and the network; jobs fail until then")
      ]
    }
  }
}
