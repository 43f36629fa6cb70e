import HTTP
public import Jobs

/// Asks models over OpenAI's chat completions, which many other servers speak too.
///
/// Text is passed on as it comes. Calls are tied to skills by ``FunctionNames``. A model's refusal
/// counts as its text. A text that the length limit cut is an answer, marked in
/// ``ModelAnswer/isTruncated``; calls cut that way are the failure `output_truncated`.
public struct OpenAIProvider: ModelProvider {
  /// The most bytes of one event, of a whole document, and of an error's body.
  private static let maximumEventBytes = 8 << 20
  private static let maximumProblemBytes = 64 << 10

  private let configuration: Configuration
  private let url: String
  private let client = HTTPClient()

  /// Connects to nothing yet.
  ///
  /// - Throws: ``ProviderConfigurationError``.
  public init(_ configuration: Configuration) throws(ProviderConfigurationError) {
    self.configuration = configuration
    url = try configuration.checkedURL()
  }

  /// `openai`, also for other servers of the same protocol.
  public var providerName: String { ModelProviderName.openAI.rawValue }

  /// Whatever the server knows.
  public var offer: ModelOffer { .any(default: configuration.model) }

  /// Default model, scheme, host and port.
  public var summary: String {
    "\(providerName)/\(configuration.model) at \(HTTPRequest(url: url).endpoint)"
  }

  /// Asks once; nothing is tried again here.
  ///
  /// - Throws: `StepFailure` with the codes that the folder's README lists; `CancellationError`
  ///   when the task was cancelled, which ends the transfer at once.
  public func answer(
    _ request: ModelRequest, from model: String,
    onProgress: @Sendable (ModelProgress) async -> Void
  ) async throws -> ModelAnswer {
    let names = FunctionNames(skills: request.skills.map(\.name))
    let body = ChatRequest(request, model: model, names: names).json.json
    var chat = ChatAssembler(redaction: redaction)
    do {
      let response = try await client.stream(httpRequest(body))
      try await read(response, into: &chat, onProgress)
    } catch let error as HTTPError {
      // What breaks behind a whole answer takes nothing from it.
      guard chat.isWhole, error.code != .cancelled else { throw error.asStepError }
    }
    return try chat.answer(to: request, model: model, names: names)
  }

  private var redaction: MessageRedaction { MessageRedaction(key: configuration.apiKey) }

  private func httpRequest(_ body: [UInt8]) -> HTTPRequest {
    var headers: HTTPHeaders = [
      "Content-Type": "application/json", "Accept": "text/event-stream, application/json",
      "User-Agent": "openclaw",
    ]
    if let key = configuration.apiKey { headers["Authorization"] = "Bearer \(key.secret)" }
    headers["OpenAI-Organization"] = configuration.organization
    return HTTPRequest(
      .post, url: url, headers: headers, body: body,
      limits: HTTPRequest.Limits(
        connect: configuration.connectTimeout, firstByte: configuration.firstByteTimeout,
        idle: configuration.idleTimeout, total: configuration.totalTimeout,
        // Far more than the largest answer: each piece of text is wrapped in some 300 bytes.
        maximumBodyBytes: 1 << 30))
  }

  private func read(
    _ response: HTTPStreamedResponse, into chat: inout ChatAssembler,
    _ onProgress: @Sendable (ModelProgress) async -> Void
  ) async throws {
    guard (200...299).contains(response.status) else { throw try await failure(response) }
    switch Self.mediaType(response.headers) {
    case nil, "text/event-stream":
      var events = response.body.serverSentEvents(maximumEventBytes: Self.maximumEventBytes)
        .makeAsyncIterator()
      while !chat.isDone, let event = try await events.next() {
        if let progress = try chat.take(event) { await onProgress(progress) }
      }
      await AnswerTail(events).drain()
    case "application/json":
      let progress = try chat.take(try await document(response))
      if let progress { await onProgress(progress) }
      chat.end()
    case let other?:
      throw StepFailure.protocolBroken("it came as \(redaction.shown(other))")
    }
  }

  /// The one document of a server that does not stream.
  private func document(_ response: HTTPStreamedResponse) async throws -> JSONValue {
    let bytes = try await response.body.collect(upTo: Self.maximumEventBytes)
    do throws(JSONError) {
      return try JSONValue.parse(bytes, limits: ChatAssembler.limits)
    } catch {
      throw StepFailure.protocolBroken("it is no JSON (\(error.code.rawValue))")
    }
  }

  private func failure(_ response: HTTPStreamedResponse) async throws -> StepFailure {
    var problem = ProviderProblem(status: response.status)
    do {
      let body = try await response.body.collect(upTo: Self.maximumProblemBytes)
      problem = ProviderProblem(try JSONValue.parse(body), status: response.status) ?? problem
    } catch let error as HTTPError where error.code == .cancelled {
      throw error
    } catch {
      // The status says enough; a body that is cut or no JSON adds nothing.
    }
    return problem.failure(retryAfter: RetryAfter.read(response.headers), redaction)
  }

  /// In lower case, without parameters.
  private static func mediaType(_ headers: HTTPHeaders) -> String? {
    headers["Content-Type"]?.prefix { $0 != ";" }
      .split(separator: " ").first?.lowercased()
  }
}
