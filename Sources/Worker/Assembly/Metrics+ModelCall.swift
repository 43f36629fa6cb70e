import ModelRouter
import Observability

extension Metrics {
  /// Counts a call of a model.
  func count(_ report: ModelCallReport) {
    let labels = [report.provider, report.model]
    add(.modelCalls, labels + [report.outcome.rawValue])
    observe(.modelCallDuration, labels, duration: report.duration)
    if let wait = report.timeToFirstToken { observe(.modelFirstToken, labels, duration: wait) }
    // The built-in model costs nothing; what others cost is known once they have prices.
    if report.provider == "builtin" { add(.modelCost, labels, by: 0) }
    if let usage = report.usage {
      add(.modelTokens, labels + ["input"], by: Double(usage.inputTokens))
      add(.modelTokens, labels + ["output"], by: Double(usage.outputTokens))
    }
  }
}
