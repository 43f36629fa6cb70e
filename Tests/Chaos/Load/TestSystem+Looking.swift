package import Jobs
import LocalServices
package import Postgres
package import TestSupport

extension TestSystem {
  /// Counts rows; asks again while the database is away, for up to a minute.
  ///
  /// - Parameter source: What follows `SELECT count(*) FROM`.
  package func count(_ source: SQL) async throws -> Int {
    let counting: SQL = "SELECT count(*) AS n FROM "
    return try await rows(counting + source) { Int(try $0.decode("n", as: Int64.self)) }.first ?? 0
  }

  /// Asks the database, and again while it is away, for up to a minute.
  package func rows<Value>(_ query: SQL, _ read: (Row) throws -> Value) async throws -> [Value] {
    let deadline = ContinuousClock.now + .seconds(60)
    while true {
      do {
        return try await database.query(query).map(read)
      } catch let error as PostgresError where error.code != .decoding {
        guard error.sqlState == nil || error.isRetryable, ContinuousClock.now < deadline else {
          throw error
        }
        try await Task.sleep(for: .milliseconds(100))
      }
    }
  }

  /// Lets a worker announce all targets and stop, so that their jobs are accepted from now on.
  ///
  /// - Parameter hasTestSkills: Whether the skills of `Tests/ScriptedWorker` are among them.
  package func announceAll(withTestSkills hasTestSkills: Bool = false) async throws {
    let worker = try await startWorker(
      ChaosBench.pools(withTestSkills: hasTestSkills), isScripted: hasTestSkills)
    while try await count("capabilities WHERE true") < (hasTestSkills ? 11 : 6) {
      try await Task.sleep(for: .milliseconds(20))
    }
    await worker.stop()
  }

  /// Waits until some executions of a kind are under way and as many have ended since the call.
  package func waitForExecutions(_ number: Int, of kind: StepKind) async throws {
    let before = try await count("steps WHERE state > 3 AND kind = \(kind.rawValue)")
    while true {
      let running = try await count("steps WHERE state = 3 AND kind = \(kind.rawValue)")
      let done = try await count("steps WHERE state > 3 AND kind = \(kind.rawValue)")
      if running > 0, done >= before + number { return }
      try await Task.sleep(for: .milliseconds(10))
    }
  }
}
