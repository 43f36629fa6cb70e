/// A label of a metric. Its values are never ids, texts of users or anything else without a bound.
public struct MetricLabel: Sendable, Hashable {
  /// The exposed name.
  public let name: String
  /// All values that it may have; `nil` when they come from configuration, such as names of pools.
  public let values: [String]?

  /// What a value becomes that is not listed, is too long, or is one too many.
  public static let other = "other"
  /// The longest value that is kept, in bytes of UTF-8.
  public static let maximumLength = 128

  static let pool = open("pool")
  static let priority = closed("priority", "urgent", "high", "normal", "low")
  static let table = closed(
    "table", "jobs", "steps", "events", "effects", "children", "outbox", "sessions",
    "session_jobs", "limit_slots", "schedule_ticks", "batches",
    "webhook_deliveries", "audit_log", "telemetry")
  static let gateKind = closed(
    "kind", "pool", "lane", "priority", "user", "agent", "skill", "provider", "webhook")
  static let provider = open("provider")
  static let model = open("model")

  static func open(_ name: String) -> Self { Self(name: name, values: nil) }

  static func closed(_ name: String, _ values: String...) -> Self {
    Self(name: name, values: values)
  }

  /// The value itself where it may be exposed, else ``other``.
  func admitted(_ value: String) -> String {
    if let values { return values.contains(value) ? value : Self.other }
    return value.utf8.count <= Self.maximumLength ? value : Self.other
  }
}
