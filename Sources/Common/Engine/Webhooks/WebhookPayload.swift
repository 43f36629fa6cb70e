import FoundationEssentials
import Jobs

/// What a receiver is told of the end of a job.
struct WebhookPayload {
  /// The most bytes of a result, as JSON, that is sent along.
  static let resultLimit = 64 << 10

  let event: WebhookEvent
  let at: Date
  let job: JobRecord

  /// `{"type","timestamp","data"}`, `data` being the job as the API shows it without its input, and
  /// with `"result_omitted": true` in place of a result that is too large.
  var json: JSONValue {
    var data = job.summary
    let result = job.result ?? .null
    if result.json.count > Self.resultLimit {
      data["result_omitted"] = true
    } else {
      data["result"] = result
    }
    return ["type": .string(event.rawValue), "timestamp": .time(at), "data": .object(data)]
  }
}
