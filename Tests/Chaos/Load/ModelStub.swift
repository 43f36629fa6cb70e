package import Foundation
import HTTP
package import Jobs
import TestSupport

/// A stand-in for an OpenAI-compatible server, in a process of its own.
package struct ModelStub: Sendable {
  /// Where it listens.
  package let port: Int
  private let http = HTTPClient()

  /// Runs the body beside a stub.
  package static func with<Value: Sendable>(
    _ body: (ModelStub) async throws -> Value
  ) async throws -> Value {
    let script = URL(filePath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Stubs/openai_stub.py")
    let text = try String(contentsOf: script, encoding: .utf8)
    return try await ScriptProcess.run(text) { try await body(ModelStub(port: $0)) }
  }

  /// What a worker needs to ask it.
  package var settings: [String: String] {
    [
      "OPENAI_BASE_URL": "http://127.0.0.1:\(port)/v1", "OPENAI_API_KEY": "sk-test",
      "OPENAI_MODEL": "stub",
    ]
  }

  /// What a worker needs to ask it through a proxy.
  package func settings(through proxy: UInt16) -> [String: String] {
    settings.merging(["OPENAI_BASE_URL": "http://127.0.0.1:\(proxy)/v1"]) { $1 }
  }

  /// Lets it be a small model from now on that waits before each piece of text, and writes a line
  /// to the file for each request.
  package func serve(pace: Duration, log: URL) async throws {
    let milliseconds = Int64(pace / .milliseconds(1))
    _ = try await control(
      .post, "", ["pace_ms": .integer(milliseconds), "log_file": .string(log.path)])
  }

  /// Says how the next requests are answered, one after the other.
  package func script(_ behaviours: JSONValue) async throws {
    _ = try await control(.post, "", ["script": behaviours, "reset": true])
  }

  /// Lets gated pieces through.
  package func go(_ count: Int64 = 1) async throws {
    _ = try await control(.post, "/go", ["count": .integer(count)])
  }

  /// Waits until something has happened: `seen=1`, `ended=1`, `waiting=1`.
  package func wait(for what: String) async throws -> JSONValue {
    try await control(.get, "/wait?\(what)", nil)
  }

  /// The requests so far.
  package func log() async throws -> [JSONValue] {
    let log = try await control(.get, "/log", nil)
    return log.elements ?? log["requests"]?.elements ?? []
  }

  private func control(
    _ method: HTTPMethod, _ path: String, _ body: JSONValue?
  ) async throws -> JSONValue {
    var request = HTTPRequest(
      method, url: "http://127.0.0.1:\(port)/control\(path)", timeout: .seconds(30))
    request.body = body?.json
    request.headers["Content-Type"] = "application/json"
    let response = try await http.send(request)
    guard response.status < 300 else { throw Unexpected("the stub answered \(response.status)") }
    return response.body.isEmpty ? .null : try JSONValue(json: response.body)
  }
}
