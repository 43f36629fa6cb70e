import Foundation
import HTTP
package import Jobs
import TestSupport

/// The receiver of `Tests/Stubs/webhook_receiver.py`, in a process of its own.
package struct WebhookReceiver: Sendable {
  private let port: Int
  private let http = HTTPClient()

  /// What gateways and workers need to be set to, so that webhooks reach it.
  package static let settings = [
    "OPENCLAW_WEBHOOKS_ALLOW": "127.0.0.0/8", "OPENCLAW_WEBHOOKS_PLAIN_HTTP": "true",
  ]

  /// Runs it until the body is done. Needs the Python of `scripts/setup.sh --test`.
  package static func run<Value>(
    _ body: (WebhookReceiver) async throws -> Value
  ) async throws -> Value {
    let file = TestTools.checkout.appending(path: "Tests/Stubs/webhook_receiver.py")
    let script = try String(contentsOf: file, encoding: .utf8)
    guard let python = TestTools.python else {
      throw Unexpected("no Python with standardwebhooks: run scripts/setup.sh --test")
    }
    return try await ScriptProcess.run(script, python: python) {
      try await body(WebhookReceiver(port: $0))
    }
  }

  /// Makes a webhook that goes to it.
  ///
  /// - Returns: The secret.
  package func webhook(_ name: String, of client: Client) async throws -> String {
    let answer = try await client.send(
      .post, "/api/v1/webhooks",
      body: ["url": .string("http://127.0.0.1:\(port)/hook/\(name)"), "name": .string(name)])
    guard answer.status == 201, let secret = answer.json["secret"]?.text else {
      throw Unexpected("a webhook was answered \(answer.status): \(answer.json)")
    }
    return secret
  }

  /// Sets what it does, as `Tests/Stubs/README.md` tells.
  package func control(_ name: String, _ change: JSONValue) async throws {
    let url = "http://127.0.0.1:\(port)/control/\(name)"
    _ = try await http.send(HTTPRequest(.post, url: url, body: change.json))
  }

  /// What came, once there is so much of it.
  package func log(_ name: String, count: Int) async throws -> [JSONValue] {
    let url = "http://127.0.0.1:\(port)/log/\(name)?count=\(count)"
    let response = try await http.send(HTTPRequest(url: url))
    return try JSONValue(json: response.body).elements ?? []
  }
}
