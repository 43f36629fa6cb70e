public import Logging

/// Every key that a log line may carry. No prompts, tokens or bodies go into a log.
public enum LogKey: String, Sendable, CaseIterable {
  case attempt
  case component
  case count
  case delay
  case duration
  case error
  case job
  case lane
  case method
  case model
  case outcome
  case pid
  case pool
  case queue
  case reason
  case request
  case route
  case schedule
  case state
  case status
  case step
  case url
  case user
  case version
  case worker
}

extension Logger {
  /// Reads or sets metadata by a key from the one list.
  public subscript(key: LogKey) -> Logger.Metadata.Value? {
    get { self[metadataKey: key.rawValue] }
    set { self[metadataKey: key.rawValue] = newValue }
  }
}

extension Dictionary where Key == String, Value == Logger.Metadata.Value {
  /// Metadata by keys from the one list, values by their `description`.
  public static func fields(_ fields: KeyValuePairs<LogKey, any CustomStringConvertible>) -> Self {
    var metadata: Self = [:]
    for (key, value) in fields { metadata[key.rawValue] = .string(value.description) }
    return metadata
  }
}
