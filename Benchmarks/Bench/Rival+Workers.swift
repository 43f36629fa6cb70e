import Foundation

extension Rival {
  private struct Drain: Decodable {
    let rate: Double
    let lost: Int
    let doubled: Int
    let worker_cpu_us: Double
  }

  /// W3.
  static func drain(_ count: Int, in arena: Arena) async throws -> Sample {
    let answer = try await run(
      Drain.self, "celery_drain.py", ["--count", String(count)], in: arena)
    var sample = Sample()
    sample.figures["rate"] = answer.rate
    sample.cpu["worker"] = answer.worker_cpu_us
    (sample.lost, sample.doubled) = (answer.lost, answer.doubled)
    return sample
  }

  private struct RoundTrips: Decodable {
    let rate: Double
    let p50_us: Double
    let p95_us: Double
    let p99_us: Double
    let max_us: Double
    let errors: Int
  }

  /// W2.
  static func roundTrips(_ rate: Int, in arena: Arena) async throws -> Sample {
    let answer = try await run(
      RoundTrips.self, "celery_roundtrip.py",
      ["--rate", String(rate), "--seconds", String(arena.seconds)], in: arena)
    var sample = Sample()
    sample.figures = [
      "rate": answer.rate, "p50_us": answer.p50_us, "p95_us": answer.p95_us,
      "p99_us": answer.p99_us, "max_us": answer.max_us, "failed": Double(answer.errors),
    ]
    return sample
  }

  private struct Urgent: Decodable {
    let p50_us: Double
    let p99_us: Double
  }

  /// W5.
  static func urgent(behind backlog: Int, in arena: Arena) async throws -> Sample {
    let answer = try await run(
      Urgent.self, "celery_urgent.py", ["--waiting", String(backlog)], in: arena)
    var sample = Sample()
    sample.figures = ["p50_us": answer.p50_us, "p99_us": answer.p99_us]
    return sample
  }

  private struct Start: Decodable {
    let seconds: Double
    let idle_pss_bytes: Double
  }

  /// W6.
  static func start(in arena: Arena) async throws -> Sample {
    let answer = try await run(Start.self, "celery_start.py", [], in: arena)
    var sample = Sample()
    sample.figures = [
      "ready_ms": answer.seconds * 1000, "idle_worker_mib": answer.idle_pss_bytes / 0x1p20,
    ]
    return sample
  }
}
