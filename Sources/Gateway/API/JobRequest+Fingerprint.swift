public import Jobs

extension JobRequest {
  /// UTF-8 JSON of target, input and priority with sorted keys: what an idempotency key stands for.
  ///
  /// Equal for requests that ask for the same; the key itself is not part of it. It holds the
  /// user's input, so hash it before it is stored.
  public var fingerprint: [UInt8] {
    JSONValue.object([
      "target": .string(target.description), "input": input, "priority": .string(priority.name),
    ]).json
  }
}
