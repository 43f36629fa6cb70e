import Foundation
import HTTP
import Jobs
import TestSupport

/// A client that keeps a ledger of what it was promised, and repeats what it got no answer to.
struct Client: Sendable {
  let system: TestSystem
  var gateway = 0
  let http = HTTPClient()

  init(_ system: TestSystem, gateway: Int = 0) {
    self.system = system
    self.gateway = gateway
  }

  struct Answer: Sendable {
    let status: Int
    let headers: HTTPHeaders
    let json: JSONValue
  }

  func send(
    _ method: HTTPMethod, _ path: String, body: JSONValue? = nil, headers: [String: String] = [:]
  ) async throws -> Answer {
    let url = "http://127.0.0.1:\(system.gatewayPorts[gateway])\(path)"
    var request = HTTPRequest(method, url: url, timeout: .seconds(70))
    request.headers["Authorization"] = "Bearer \(system.token)"
    request.headers["Content-Type"] = "application/json"
    for (name, value) in headers { request.headers[name] = value }
    request.body = body?.json
    let response = try await http.send(request)
    let json = response.body.isEmpty ? JSONValue.null : try JSONValue(json: response.body)
    return Answer(status: response.status, headers: response.headers, json: json)
  }

  /// Enqueues a job and repeats the request, with one idempotency key, until it is accepted.
  func enqueue(_ target: String = "agent:main", _ input: JSONValue) async throws -> JobID {
    let key = UUID().uuidString
    while true {
      do {
        let answer = try await send(
          .post, "/api/v1/jobs", body: ["target": .string(target), "input": input],
          headers: ["Idempotency-Key": key])
        if answer.status == 202, let id = answer.json["id"]?.text.flatMap({ JobID($0) }) {
          return id
        }
        // Unknown until the first worker of the target has announced it.
        guard answer.status == 503 || answer.json["code"]?.text == "unknown_target" else {
          throw Unexpected("enqueue answered \(answer.status): \(answer.json)")
        }
      } catch let error as HTTPError where error.isRetryable || error.isInDoubt {
        // The gateway is down or went down in the middle: ask again.
      }
      try await Task.sleep(for: .milliseconds(100))
    }
  }

  /// Waits until the gateway says that it is ready.
  func waitUntilReady() async throws {
    while true {
      // No answer yet is what is asked.
      if let answer = try? await send(.get, "/readyz"), answer.status == 200 { return }
      try await Task.sleep(for: .milliseconds(50))
    }
  }
}

struct Unexpected: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
