import HTTP
import Jobs

/// Puts an answer together from the events of its stream; a decision maker without I/O.
struct ChatAssembler: Sendable {
  /// The most bytes that text and arguments may have together.
  static let maximumBytes = 4 << 20
  /// What a provider may send; what goes on to skills is checked more strictly.
  static let limits = JSONLimits(allowsAnyText: true)

  private let redaction: MessageRedaction
  private var text = ""
  private var calls = CallAssembler()
  private var model: String?
  private var finishReason: String?
  private var tokens: (input: Int, output: Int)?
  private var bytes = 0
  private var hasBegun = false
  /// Whether the stream has said that nothing follows; what does follow is ignored.
  private(set) var isDone = false

  init(redaction: MessageRedaction) { self.redaction = redaction }

  /// Whether the answer is there, even if the stream breaks now.
  var isWhole: Bool { finishReason != nil || isDone && hasBegun }

  /// Takes the next event.
  ///
  /// - Returns: What it brought that is new to a reader.
  /// - Throws: `StepFailure` for an error that the provider tells, for what is no chunk
  ///   (`provider_protocol`), and for an answer without end (`answer_too_large`).
  mutating func take(_ event: ServerSentEvent) throws(StepFailure) -> ModelProgress? {
    // Some servers keep a connection alive with events without data.
    if isDone || event.data.isEmpty { return nil }
    if event.data == "[DONE]" {
      isDone = true
      return nil
    }
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONValue.parse(event.data.utf8, limits: Self.limits)
    } catch {
      guard event.event == "error" else {
        throw .protocolBroken("an event is no JSON (\(error.code.rawValue))")
      }
      value = ["error": .string(event.data)]
    }
    switch event.event {
    case "message": return try take(value)
    case "error": throw problem(value).failure(redaction)
    default:
      // An event of another kind, such as `ping`, may be anything.
      return ChatChunk(value) == nil ? nil : try take(value)
    }
  }

  /// Takes a chunk, or the one document of a server that does not stream.
  mutating func take(_ value: JSONValue) throws(StepFailure) -> ModelProgress? {
    if let problem = ProviderProblem(value, status: nil) { throw problem.failure(redaction) }
    guard let chunk = ChatChunk(value) else {
      throw .protocolBroken("an event is no part of an answer")
    }
    hasBegun = true
    model = model ?? Self.shown(chunk.model)
    finishReason = chunk.finishReason ?? finishReason
    tokens = chunk.tokens ?? tokens
    try count(chunk)
    for part in chunk.calls { try calls.take(part) }
    text += chunk.text
    if !chunk.text.isEmpty { return .text(chunk.text) }
    return chunk.calls.isEmpty ? nil : .call
  }

  /// Hears that nothing follows, where the form of the answer says so.
  mutating func end() { isDone = true }

  /// The answer, once the stream is over.
  ///
  /// A text that the length limit cut is an answer: the user has seen it come, and the rest is
  /// not to be had. Calls are not made from half of what the model meant to say.
  ///
  /// - Throws: `StepFailure`: `provider_cut` for an answer that is not whole, `output_truncated`,
  ///   `content_filter`.
  func answer(to request: ModelRequest, model asked: String, names: FunctionNames)
    throws(StepFailure) -> ModelAnswer
  {
    guard isWhole else { throw .answerCut }
    switch finishReason {
    case "length" where !calls.isEmpty || text.isEmpty: throw .outputTruncated
    case "content_filter": throw .contentFiltered
    case "error": throw ProviderProblem(status: nil).failure(redaction)
    default: break
    }
    let calls = calls.calls(names)
    return ModelAnswer(
      text: text, calls: calls, model: model ?? asked,
      usage: usage(of: request, text: text, calls: calls), isTruncated: finishReason == "length")
  }

  /// What an event that calls itself an error tells, with or without `error` around it.
  private func problem(_ value: JSONValue) -> ProviderProblem {
    ProviderProblem(value, status: nil) ?? ProviderProblem(["error": value], status: nil)
      ?? ProviderProblem(status: nil)
  }

  private mutating func count(_ chunk: ChatChunk) throws(StepFailure) {
    bytes += chunk.text.utf8.count
    for part in chunk.calls {
      bytes += (part.arguments ?? "").utf8.count + (part.name ?? "").utf8.count
    }
    guard bytes <= Self.maximumBytes else { throw .answerTooLarge }
  }

  private func usage(of request: ModelRequest, text: String, calls: [ModelCall]) -> ModelUsage {
    if let tokens {
      return ModelUsage(
        inputTokens: tokens.input, outputTokens: tokens.output, isEstimated: false)
    }
    let input = request.messages.map { TokenEstimate.tokens($0) }.reduce(0, +)
    let output = TokenEstimate.tokens(ModelMessage(.assistant, text, calls: calls))
    return ModelUsage(inputTokens: input, outputTokens: output, isEstimated: true)
  }

  /// A model's name as far as it is fit for a line of a log.
  private static func shown(_ model: String?) -> String? {
    guard let model, !model.isEmpty, model.utf8.count <= 256,
      model.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
    else { return nil }
    return model
  }
}

extension StepFailure {
  fileprivate static let outputTruncated = StepFailure(
    .badInput, code: "output_truncated",
    message: "The model reached its length limit before it had said what it wants to do.")
  fileprivate static let contentFiltered = StepFailure(
    .refused, code: "content_filter",
    message: "The model provider's content filter stopped the answer.")
}
