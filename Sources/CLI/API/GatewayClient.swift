import HTTP
import Jobs

/// Talks to one gateway's REST API as one user.
struct GatewayClient: Sendable {
  private let settings: ConnectionSettings
  private let http = HTTPClient()
  private let pause: @Sendable (Duration) async throws -> Void

  init(
    _ settings: ConnectionSettings, pause: @escaping @Sendable (Duration) async throws -> Void
  ) {
    self.settings = settings
    self.pause = pause
  }

  /// A call of the API.
  struct Call {
    var method = HTTPMethod.get
    /// Below `/api/v1`, beginning with a slash, percent-encoded.
    var path: String
    var query: [(name: String, value: String)] = []
    var headers: HTTPHeaders = [:]
    var body: JSONValue?
    /// How long the gateway may hold the answer back.
    var wait: Duration = .zero
    /// Whether the gateway has answered this command before.
    var knowsGateway = false
  }

  /// Calls the API, again where that is safe and may help: what is called is a GET, or carries an
  /// idempotency key.
  ///
  /// - Returns: The document of a 2xx answer.
  /// - Throws: ``CommandError`` for every other answer, and when there is none.
  func send(_ call: Call) async throws -> JSONValue {
    let request = request(for: call)
    var policy = RetryPolicy(knowsGateway: call.knowsGateway)
    while true {
      let failure: RetryPolicy.Failure
      let error: CommandError
      do throws(HTTPError) {
        let response = try await http.send(request)
        if (200..<300).contains(response.status) { return document(response) }
        failure = .status(response.status, retryAfter: Self.retryAfter(response))
        error = Problem(response).error
      } catch let transport {
        failure = .transport(transport)
        error = CommandError(transport)
      }
      guard canRepeat(call), let delay = policy.pause(after: failure) else { throw error }
      do {
        try await pause(delay)
      } catch {
        throw CommandError.interrupted
      }
    }
  }

  private func canRepeat(_ call: Call) -> Bool {
    call.method == .get || call.headers["Idempotency-Key"] != nil
  }

  private func request(for call: Call) -> HTTPRequest {
    var url = "\(settings.url)/api/v1\(call.path)"
    for (index, item) in call.query.enumerated() {
      url += "\(index == 0 ? "?" : "&")\(item.name)=\(Self.percentEncoded(item.value))"
    }
    var headers = call.headers
    headers["Accept"] = "application/json"
    headers["User-Agent"] = "openclaw/\(OpenClaw.version)"
    if let token = settings.token { headers["Authorization"] = "Bearer \(token)" }
    if call.body != nil { headers["Content-Type"] = "application/json" }
    return HTTPRequest(
      call.method, url: url, headers: headers, body: call.body?.json,
      timeout: call.wait + .seconds(20), maximumBodyBytes: 64 << 20)
  }

  private func document(_ response: HTTPResponse) -> JSONValue {
    // Whatever is no JSON has no member that a caller looks for, and that is where it is told.
    (try? JSONValue(json: response.body)) ?? .null  // as said above
  }

  /// Seconds only: the gateway sends no dates.
  private static func retryAfter(_ response: HTTPResponse) -> Duration? {
    response.headers["Retry-After"].flatMap { UInt32($0) }.map { .seconds($0) }
  }

  /// Encodes all but the unreserved characters of RFC 3986.
  static func percentEncoded(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    let bytes = text.utf8.flatMap { byte -> [UInt8] in
      let isUnreserved =
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF)
        || "-._~".utf8.contains(byte)
      return isUnreserved ? [byte] : [0x25, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension CommandError {
  /// No answer from the gateway.
  init(_ error: HTTPError) {
    switch error.code {
    case .cancelled:
      self = .interrupted
    case .badURL, .badRequest:
      self = .usage("the request cannot be sent: \(error.message)")
    case .bodyTooLarge, .headersTooLarge:
      self.init(.failed, type: error.code.name, "the gateway's answer is too large")
    default:
      self.init(
        .unreachable, type: "unreachable",
        "no answer from \(error.endpoint ?? "the gateway"): \(error.message)",
        hint: error.code == .connectFailed ? "Is it running? `openclaw up` starts it." : nil)
    }
  }
}
