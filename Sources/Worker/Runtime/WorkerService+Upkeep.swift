import Engine
import Jobs
import Logging
import Observability

extension WorkerService {
  /// Says what this worker can do, as soon as the database answers.
  func announce() async throws {
    let capabilities = runner.capabilities(of: configuration.pools)
    while true {
      do {
        try await roster.announce(agents: capabilities.agents, skills: capabilities.skills)
        return
      } catch {
        logger.warning(
          "announcing waits for the database",
          metadata: .fields([.error: String(describing: error)]))
        try await Task.sleep(for: .seconds(1))
      }
    }
  }

  /// Once a second: what no ticket told of.
  func tick() async {
    while !Task.isCancelled {
      do {
        try await Task.sleep(for: .seconds(1))
      } catch {
        return
      }
      looksForSuspects = true
      signal()
    }
  }

  /// Every five seconds, or every second after a failure: renews all leases in one statement.
  func keepLeases() async {
    var pause = Duration.zero
    while !Task.isCancelled {
      do {
        try await Task.sleep(for: pause)
        try await renew()
        pause = .seconds(5)
      } catch is CancellationError {
        return
      } catch {
        logger.warning(
          "leases wait for the database",
          metadata: .fields([.error: String(describing: error)]))
        pause = .seconds(1)
      }
    }
  }

  private func renew() async throws {
    let mine = Array(board.slots.keys)
    let sentAt = ContinuousClock.now
    let renewed = try await roster.renew(mine, isDraining: isDraining)
    for lease in renewed {
      threads.extend(board.slots[lease.held]?.number, until: sentAt + StepClaimer.lease)
      if lease.isCancelled { board.stop(lease.held, .giveBack) }
    }
    let kept = Set(renewed.map(\.held))
    for held in mine where !kept.contains(held) { board.stop(held, .leaseLost) }
  }

  /// Takes the worker off the roster.
  func leave() async {
    do {
      try await roster.leave()
    } catch {
      logger.debug("not signed off", metadata: .fields([.error: String(describing: error)]))
    }
  }
}
