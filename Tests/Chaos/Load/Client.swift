import Foundation
package import HTTP
package import Jobs
package import TestSupport

/// A client of one gateway, which repeats what it got no answer to.
package struct Client: Sendable {
  /// Where the gateway listens, or a proxy before it.
  package let port: UInt16
  let token: String
  let http: HTTPClient

  /// A client of one of the system's gateways.
  package init(_ system: TestSystem, gateway: Int = 0) {
    self.init(system, port: system.gatewayPorts[gateway])
  }

  /// A client of whatever listens at the port; may share its connections with others.
  ///
  /// - Parameter token: Whose client it is; `nil` is the system's first user.
  package init(
    _ system: TestSystem, port: UInt16, http: HTTPClient = HTTPClient(), token: String? = nil
  ) {
    self.port = port
    self.token = token ?? system.token
    self.http = http
  }

  /// What a gateway answered; `null` for no body.
  package struct Answer: Sendable {
    /// The HTTP status.
    package let status: Int
    /// All of them.
    package let headers: HTTPHeaders
    /// The body.
    package let json: JSONValue

    /// The state of the job in the body, if it is over.
    package var finalState: String? {
      JobState.allCases.first { $0.isFinal && $0.name == json["state"]?.text }?.name
    }
  }

  /// Sends one request, whatever the answer's status is.
  ///
  /// - Throws: `HTTPError`; `JSONError` for a body that is no JSON.
  package func send(
    _ method: HTTPMethod, _ path: String, body: JSONValue? = nil, headers: [String: String] = [:],
    timeout: Duration = .seconds(70)
  ) async throws -> Answer {
    let url = "http://127.0.0.1:\(port)\(path)"
    var request = HTTPRequest(method, url: url, timeout: timeout)
    request.headers["Authorization"] = "Bearer \(token)"
    request.headers["Content-Type"] = "application/json"
    for (name, value) in headers { request.headers[name] = value }
    request.body = body?.json
    let response = try await http.send(request)
    let json = response.body.isEmpty ? JSONValue.null : try JSONValue(json: response.body)
    return Answer(status: response.status, headers: response.headers, json: json)
  }

  /// Enqueues a job and repeats the request, with one idempotency key, until it is accepted.
  package func enqueue(_ target: String = "agent:main", _ input: JSONValue) async throws -> JobID {
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
  package func waitUntilReady() async throws {
    while true {
      // No answer yet is what is asked.
      if let answer = try? await send(.get, "/readyz"), answer.status == 200 { return }
      try await Task.sleep(for: .milliseconds(50))
    }
  }
}

/// What a test did not expect.
package struct Unexpected: Error, CustomStringConvertible {
  /// What happened.
  package let description: String

  /// Takes what happened.
  package init(_ description: String) { self.description = description }
}
