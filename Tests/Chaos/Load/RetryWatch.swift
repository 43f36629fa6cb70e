import Foundation
import Jobs
import LocalServices
import Postgres
import Synchronization
import TestSupport

/// Notes when failed steps are due again, which the database forgets as they become ready.
final class RetryWatch: Sendable {
  private let system: TestSystem
  private let dues = Mutex([StepID: Int]())

  /// Looks into the system's database.
  init(_ system: TestSystem) { self.system = system }

  /// When a step was to be tried again, in milliseconds of Unix time; the last time if there were
  /// several.
  func due(_ step: StepID) -> Int? { dues.withLock { $0[step] } }

  /// Looks several times a second until the graves are closed.
  func run(until graves: Graves) async throws {
    while !graves.areClosed {
      let found = try await system.rows(
        """
        SELECT id, (extract(epoch FROM ready_at) * 1000)::bigint AS due FROM steps
        WHERE state = 0 AND attempt > 0
        """
      ) {
        (
          StepID(try $0.decode("id", as: UUID.self)), Int(try $0.decode("due", as: Int64.self))
        )
      }
      dues.withLock { dues in for (step, due) in found { dues[step] = due } }
      try await Task.sleep(for: .milliseconds(250))
    }
  }
}
