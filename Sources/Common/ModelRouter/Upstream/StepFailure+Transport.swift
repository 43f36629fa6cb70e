import HTTP
import Jobs

extension StepFailure {
  /// What came back is not what the protocol says.
  static func protocolBroken(_ detail: String) -> StepFailure {
    StepFailure(
      .transient, code: "provider_protocol",
      message: "The model provider's answer could not be understood: \(detail).")
  }

  /// The answer stopped before it was whole.
  static let answerCut = StepFailure(
    .inDoubt, code: "provider_cut",
    message: "The model provider's answer ended before it was whole.")

  /// The answer is longer than any step may keep.
  static let answerTooLarge = StepFailure(
    .badInput, code: "answer_too_large", message: "The model provider's answer did not end.")
}

extension HTTPError {
  /// The failure of a step whose call of a provider came to this; `CancellationError` for a
  /// cancelled one.
  ///
  /// Honest about doubt: once something of the request was sent, the provider may have worked on
  /// it, and may charge for it.
  var asStepError: any Error {
    switch code {
    case .cancelled: return CancellationError()
    case .badURL, .badRequest:
      return failure(.internalError, "provider_misconfigured", "cannot be asked")
    case .resolveFailed, .connectFailed, .tls, .connectTimeout:
      return failure(.transient, "provider_unreachable", "could not be reached")
    case .resources: return failure(.transient, "local_resources", "could not be asked")
    case .protocolError, .headersTooLarge, .eventTooLarge:
      return StepFailure.protocolBroken(message)
    case .bodyTooLarge: return StepFailure.answerTooLarge
    case .firstByteTimeout, .idleTimeout, .timeout:
      return failure(doubtful, "provider_timeout", "took too long")
    default:
      return isInDoubt
        ? failure(.inDoubt, "provider_cut", "stopped before its answer was whole")
        : failure(.transient, "provider_unreachable", "could not be reached")
    }
  }

  private var doubtful: StepFailure.Class { isInDoubt ? .inDoubt : .transient }

  private func failure(
    _ class: StepFailure.Class, _ code: String, _ what: String
  ) -> StepFailure {
    StepFailure(`class`, code: code, message: "The model provider \(what): \(message).")
  }
}
