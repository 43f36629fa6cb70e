import FoundationEssentials
import Jobs

/// What a receiver is told of the end of a job or a batch.
struct WebhookPayload {
  /// The most bytes of a result, as JSON, that is sent along.
  static let resultLimit = 64 << 10

  let event: WebhookEvent
  let at: Date
  private let data: [String: JSONValue]

  /// The job as the API shows it without its input, and with `"result_omitted": true` in place of a
  /// result that is too large.
  init(event: WebhookEvent, at: Date, job: JobRecord) {
    self.event = event
    self.at = at
    var data = job.summary
    let result = job.result ?? .null
    if result.json.count > Self.resultLimit {
      data["result_omitted"] = true
    } else {
      data["result"] = result
    }
    self.data = data
  }

  /// The batch as lists show it.
  init(at: Date, batch: BatchRecord) {
    event = .batchCompleted
    self.at = at
    data = batch.summary
  }

  /// `{"type","timestamp","data"}`.
  var json: JSONValue {
    ["type": .string(event.rawValue), "timestamp": .time(at), "data": .object(data)]
  }
}
