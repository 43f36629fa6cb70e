import Foundation

/// Who was measured.
enum Role: String, Codable {
  case ours, rival, limit
}

/// One measurement of one contender.
struct Sample: Codable {
  /// The contender's name.
  var contender = ""
  var role = Role.ours
  /// From 1.
  var round = 0
  /// By a name that ends in its unit, such as `post_p99_us`.
  var figures: [String: Double] = [:]
  /// CPU µs per job, by process.
  var cpu: [String: Double] = [:]
  /// What was promised and is not there, or was lost on the way.
  var lost = 0
  /// What was done twice.
  var doubled = 0

  /// Adds CPU times as µs per job.
  mutating func add(cpu seconds: [String: Double], jobs: Double) {
    guard jobs > 0 else { return }
    for (name, time) in seconds { cpu[name, default: 0] += time * 1e6 / jobs }
  }
}

/// The medians of one contender's samples.
struct Summary: Codable {
  let contender: String
  let role: Role
  let rounds: Int
  let figures: [String: Double]
  let cpu: [String: Double]
  let lost: Int
  let doubled: Int

  /// - Parameter samples: At least one, all of one contender.
  init(_ samples: [Sample]) {
    contender = samples.first?.contender ?? ""
    role = samples.first?.role ?? .ours
    rounds = samples.count
    figures = Self.medians(samples.map(\.figures))
    cpu = Self.medians(samples.map(\.cpu))
    lost = samples.reduce(0) { $0 + $1.lost }
    doubled = samples.reduce(0) { $0 + $1.doubled }
  }

  private static func medians(_ values: [[String: Double]]) -> [String: Double] {
    Dictionary(grouping: values.flatMap(\.self), by: \.key).mapValues { entries in
      median(entries.map(\.value))
    }
  }

  private static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    let middle = sorted.count / 2
    guard sorted.count > 1 else { return sorted.first ?? 0 }
    return sorted.count.isMultiple(of: 2)
      ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
  }
}
