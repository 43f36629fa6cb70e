/// How urgent a job is to its caller. Lower raw values start first; the raw value is what is stored.
public enum Priority: Int16, Sendable, CaseIterable, Comparable {
  case urgent = 0
  case high = 1
  case normal = 2
  case low = 3

  /// Parses the name used in requests, queue names and topology.
  public init?(name: String) {
    guard let match = Self.allCases.first(where: { $0.name.utf8.elementsEqual(name.utf8) }) else {
      return nil
    }
    self = match
  }

  /// `urgent`, `high`, `normal` or `low`.
  public var name: String {
    switch self {
    case .urgent: "urgent"
    case .high: "high"
    case .normal: "normal"
    case .low: "low"
    }
  }

  /// More urgent is smaller.
  public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}
