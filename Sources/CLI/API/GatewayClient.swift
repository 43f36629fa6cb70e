import HTTP
import Jobs

/// Talks to one gateway's REST API as one user.
struct GatewayClient: Sendable {
  let settings: ConnectionSettings
  private let http = HTTPClient()
  private let pause: @Sendable (Duration) async throws -> Void
  /// Whether a call that failed is sent again where that is safe; without it an error comes at
  /// once, for those who ask again anyway.
  var isPatient = true

  init(
    _ settings: ConnectionSettings, pause: @escaping @Sendable (Duration) async throws -> Void
  ) {
    self.settings = settings
    self.pause = pause
  }

  /// A call of the API.
  struct Call {
    var method = HTTPMethod.get
    /// What all of the API begins with.
    var base = "/api/v1"
    /// Below `base`, beginning with a slash, percent-encoded.
    var path: String
    var query: [(name: String, value: String)] = []
    var headers: HTTPHeaders = [:]
    var body: Body?
    /// How long the gateway may hold the answer back.
    var wait: Duration = .zero
    /// Whether the gateway has answered this command before.
    var knowsGateway = false
    /// Whether it may be sent twice, although it is no GET and carries no key.
    var isRepeatable = false
    /// For a call that takes something away and may be sent twice, the code of the problem that says
    /// that it is not there. Where an answer was lost, that tells that the call is done.
    var goneCode: String?
  }

  /// What a call sends.
  struct Body {
    var bytes: [UInt8]
    var type: String

    static func json(_ value: JSONValue) -> Body {
      Body(bytes: value.json, type: "application/json")
    }
  }

  /// An attempt that failed, with what decides about the next one.
  struct Failure: Error {
    let cause: RetryPolicy.Failure
    let error: CommandError
  }

  /// Calls the API, again where that is safe and may help: what is called is a GET, or carries an
  /// idempotency key.
  ///
  /// - Returns: The document of a 2xx answer; `null` for a removal whose answer was lost.
  /// - Throws: ``CommandError`` for every other answer, and when there is none.
  func send(_ call: Call) async throws -> JSONValue {
    try await answer(to: call).document
  }

  /// The same as ``send(_:)``, with the answer's headers.
  func answer(to call: Call) async throws -> (headers: HTTPHeaders, document: JSONValue) {
    var isInDoubt = false
    do {
      return try await answer(to: call, &isInDoubt)
    } catch var error as CommandError {
      error.isInDoubt = isInDoubt
      throw error
    }
  }

  /// - Parameter isInDoubt: Becomes true with the first attempt that may have done it.
  private func answer(
    to call: Call, _ isInDoubt: inout Bool
  ) async throws -> (headers: HTTPHeaders, document: JSONValue) {
    let request = request(for: call)
    var policy = RetryPolicy(knowsGateway: call.knowsGateway)
    while true {
      do {
        let response = try await attempt(request)
        return (response.headers, document(response))
      } catch let failure as Failure {
        if isInDoubt, failure.error.type == call.goneCode { return ([:], .null) }
        isInDoubt = isInDoubt || failure.cause.isInDoubt
        guard isPatient, canRepeat(call), let delay = policy.pause(after: failure.cause) else {
          throw failure.error
        }
        try await rest(delay)
      }
    }
  }

  /// Sleeps before the next attempt.
  ///
  /// - Throws: ``CommandError/interrupted``.
  func rest(_ delay: Duration) async throws {
    do {
      try await pause(delay)
    } catch {
      throw CommandError.interrupted
    }
  }

  private func attempt(_ request: HTTPRequest) async throws -> HTTPResponse {
    let response: HTTPResponse
    do throws(HTTPError) {
      response = try await http.send(request)
    } catch {
      throw Failure(cause: .transport(error), error: CommandError(error))
    }
    guard (200..<300).contains(response.status) else { throw Self.failure(response) }
    return response
  }

  /// Opens an event stream; one attempt.
  ///
  /// - Parameter longestSilence: After so long without a byte the stream counts as cut.
  /// - Returns: `nil` when there is nothing to come (204).
  /// - Throws: ``Failure`` for an answer that is no stream, and when there is none.
  func stream(_ call: Call, longestSilence: Duration) async throws -> HTTPBody? {
    var request = request(for: call)
    request.limits = HTTPRequest.Limits(
      firstByte: .seconds(30), idle: longestSilence, total: nil, maximumBodyBytes: .max)
    do {
      let response = try await http.stream(request)
      switch response.status {
      case 200: return response.body
      case 204: return nil
      default:
        let body = try await response.body.collect(upTo: 1 << 20)
        throw Self.failure(
          HTTPResponse(status: response.status, headers: response.headers, body: body))
      }
    } catch let error as HTTPError {
      throw Failure(cause: .transport(error), error: CommandError(error))
    }
  }

  private static func failure(_ response: HTTPResponse) -> Failure {
    Failure(
      cause: .status(response.status, retryAfter: retryAfter(response)),
      error: Problem(response).error)
  }

  private func canRepeat(_ call: Call) -> Bool {
    call.method == .get || call.isRepeatable || call.goneCode != nil
      || call.headers["Idempotency-Key"] != nil
  }

  private func request(for call: Call) -> HTTPRequest {
    var url = "\(settings.url)\(call.base)\(call.path)"
    for (index, item) in call.query.enumerated() {
      url += "\(index == 0 ? "?" : "&")\(item.name)=\(Self.percentEncoded(item.value))"
    }
    var headers = call.headers
    if headers["Accept"] == nil { headers["Accept"] = "application/json" }
    headers["User-Agent"] = "openclaw/\(OpenClaw.version)"
    if let token = settings.token { headers["Authorization"] = "Bearer \(token)" }
    headers["Content-Type"] = call.body?.type
    return HTTPRequest(
      call.method, url: url, headers: headers, body: call.body?.bytes,
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
  ///
  /// - Parameter kept: More characters that stay as they are.
  static func percentEncoded(_ text: String, keeping kept: String = "") -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    let bytes = text.utf8.flatMap { byte -> [UInt8] in
      let isUnreserved =
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF)
        || "-._~".utf8.contains(byte) || kept.utf8.contains(byte)
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
