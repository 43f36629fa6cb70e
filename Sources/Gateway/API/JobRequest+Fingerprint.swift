import FoundationEssentials
public import Jobs

extension JobRequest {
  /// UTF-8 JSON of what is asked, with sorted keys: what an idempotency key stands for.
  ///
  /// Equal for requests that ask for the same; the key itself is not part of it. It holds the
  /// user's input, so hash it before it is stored.
  public var fingerprint: [UInt8] {
    var members: [String: JSONValue] = [
      "target": .string(target.description), "input": input, "priority": .string(priority.name),
    ]
    members["start"] = options.start?.json
    members["deadline"] = options.deadline?.json
    members["session"] = (options.session?.description).map(JSONValue.string)
    members["batch"] = (options.batch?.description).map(JSONValue.string)
    members["signal"] = options.signal.map {
      [.string($0.signal.description), .string("\($0.timeout)")]
    }
    let webhook = options.webhookName ?? options.webhook?.description
    members["webhook"] = webhook.map(JSONValue.string)
    let timeouts = [options.queueTimeout, options.stepTimeout, options.idleTimeout]
    if timeouts.contains(where: { $0 != nil }) {
      members["timeouts"] = .array(timeouts.map { $0.map { .string("\($0)") } ?? .null })
    }
    members["max_attempts"] = options.maximumAttempts.map { .integer(Int64($0)) }
    if let unique = options.uniqueness {
      members["unique"] = [
        .string(unique.key), .string(unique.scope.rawValue),
        unique.period.map { .string("\($0)") } ?? .null,
      ]
    }
    return JSONValue.object(members).json
  }
}

/// A command that makes a job of what is there: what an idempotency key stands for in its place, as
/// what is there may change meanwhile.
public enum KeyedCommand: Sendable, Hashable {
  /// To make a schedule's job.
  case fire(ScheduleID)
  /// To do a job again.
  case retry(JobID)

  /// UTF-8 JSON, unlike that of any request of a job.
  public var fingerprint: [UInt8] {
    let document: JSONValue =
      switch self {
      case .fire(let schedule): ["fire": .string("\(schedule)")]
      case .retry(let job): ["retry": .string("\(job)")]
      }
    return document.json
  }
}

extension Moment {
  fileprivate var json: JSONValue {
    switch self {
    case .at(let date): .string("at \(date.timeIntervalSince1970)")
    case .after(let duration): .string("after \(duration)")
    }
  }
}

extension BatchRequest {
  /// UTF-8 JSON of what is asked, as of a job: what an idempotency key stands for. Of the jobs
  /// that come with it only how many there are: they have keys of their own.
  public var fingerprint: [UInt8] {
    let callback = callback.map {
      JSONValue.array([.string(String(decoding: $0.fingerprint, as: UTF8.self))])
    }
    var members: [String: JSONValue] = [
      "name": name.map(JSONValue.string) ?? .null, "callback": callback ?? .null,
      "on": .string(condition.name),
    ]
    members["jobs"] = jobs.map { .integer(Int64($0)) }
    return JSONValue.object(members).json
  }
}
