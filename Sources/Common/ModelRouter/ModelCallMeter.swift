import Synchronization

/// Takes the times of one call.
struct ModelCallMeter: ~Copyable {
  private let provider: String
  private let model: String
  private let start = ContinuousClock.now
  private let first = Mutex<Duration?>(nil)

  init(provider: String, model: String) {
    self.provider = provider
    self.model = model
  }

  /// Notes that something came; only the first time counts.
  func noteProgress() {
    first.withLock { if $0 == nil { $0 = ContinuousClock.now - start } }
  }

  /// The report of a call that is over now.
  func report(_ result: Result<ModelAnswer, any Error>) -> ModelCallReport {
    let outcome: ModelCallReport.Outcome
    var usage: ModelUsage?
    switch result {
    case .success(let answer):
      outcome = answer.isTruncated ? .truncated : .answered
      usage = answer.usage
    case .failure(let error): outcome = ModelCallReport.Outcome(error)
    }
    return ModelCallReport(
      provider: provider, model: model, outcome: outcome,
      duration: ContinuousClock.now - start, timeToFirstToken: first.withLock { $0 }, usage: usage)
  }
}
