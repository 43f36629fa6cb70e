import Foundation

/// What `openclaw-load` answers.
struct LoadRun: Decodable {
  let seconds: Double
  let requests: Int
  let errors: [String: Int]
  let status: [String: Int]
  let rate: Double
  let lateStarts: Int
  let unfinished: Int
  let postUs: Percentiles
  let doneUs: Percentiles?

  /// Microseconds.
  struct Percentiles: Decodable {
    let p50: Double
    let p95: Double
    let p99: Double
    let p999: Double
    let max: Double
  }

  enum CodingKeys: String, CodingKey {
    case seconds, requests, errors, status, rate, unfinished
    case lateStarts = "late_starts"
    case postUs = "post_us"
    case doneUs = "done_us"
  }

  /// What a run at full speed has shown.
  ///
  /// - Parameters:
  ///   - jobs: How many jobs one request makes.
  ///   - expected: The status of an accepted one.
  func sample(jobs: Int = 1, expected: String = "202") -> Sample {
    var sample = Sample()
    sample.figures = [
      "rate": rate * Double(jobs), "p50_us": postUs.p50, "p99_us": postUs.p99,
      "max_us": postUs.max, "failed": Double(failed(unless: expected)),
    ]
    return sample
  }

  /// What a run that waits for results has shown: times from when each request was due.
  func roundTripSample() throws -> Sample {
    guard let doneUs else { throw Failure("no job was done") }
    var sample = Sample()
    sample.figures = [
      "rate": rate, "p50_us": doneUs.p50, "p95_us": doneUs.p95, "p99_us": doneUs.p99,
      "max_us": doneUs.max, "late_starts": Double(lateStarts),
      "failed": Double(failed(unless: "202")),
    ]
    return sample
  }

  /// Requests that got another answer than the one asked for, or none.
  func failed(unless expected: String) -> Int {
    errors.values.reduce(unfinished, +)
      + status.filter { $0.key != expected }.values.reduce(0, +)
  }
}

/// A run of the load generator.
struct Load {
  /// `http://127.0.0.1:PORT/path`.
  var url: String
  /// The bearer token.
  var token: String
  var body: String
  var connections = 64
  var seconds: Int
  /// Requests a second, due at fixed times; `nil` sends the next as soon as one is answered.
  var rate: Int?
  /// More of its options.
  var options: [String] = []

  /// A job of some 400 bytes.
  static func job(_ target: String, priority: String = "normal", input: String) -> String {
    #"{"target":"\#(target)","input":\#(input),"priority":"\#(priority)"}"#
  }

  /// A text that makes a job of 400 bytes.
  static let text =
    #""{n} "# + String(repeating: "The quick brown fox jumps over the lazy dog. ", count: 7) + #"""#

  /// Runs it for two seconds, for nothing, so that connections, bindings and caches are there.
  func warmUp(in arena: Arena) async throws {
    var load = self
    load.seconds = 2
    _ = try await load.run(in: arena)
  }

  /// Runs it to its end.
  func run(in arena: Arena) async throws -> LoadRun {
    var arguments = [
      "--url", url, "--connections", String(connections), "--seconds", String(seconds),
      "--warmup", "0", "--method", "POST", "--body", body,
      "--header", "Authorization: Bearer \(token)", "--header", "Content-Type: application/json",
    ]
    if let rate { arguments += ["--rate", String(rate)] }
    return try await Tool.json(
      LoadRun.self, arena.programs.appending(path: "openclaw-load").path, arguments + options)
  }
}
