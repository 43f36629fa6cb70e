import Jobs
import Postgres
import Storage

/// Samples where each lane begins, from which ranks follow.
struct FloorDuty: Duty {
  let name = "floors"
  let interval = Duration.milliseconds(200)
  let pool: PostgresPool
  let lanes: [Lane]

  func run() async throws -> Bool {
    // Every tenth time or so, as several nodes share the work anyhow.
    _ = try await pool.execute(
      FairRank.sample(
        pools: lanes.map(\.pool.name), priorities: lanes.map(\.priority.rawValue),
        sweeps: Int.random(in: 0..<10) == 0))
    return false
  }
}
