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

  /// Once a second: what no ticket told of, and what takes too long.
  func tick() async {
    while !Task.isCancelled {
      do {
        try await Task.sleep(for: .seconds(1))
      } catch {
        return
      }
      looksForSuspects = true
      board.stopOverdue(after: configuration.stepLimit)
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
    let (renewed, mustDrain) = try await roster.renew(mine, isDraining: isDraining)
    try Failpoint.leaseRenew.hit()
    for lease in renewed {
      threads.extend(board.slots[lease.held]?.number, until: sentAt + StepClaimer.lease)
      if lease.isCancelled { board.stop(lease.held, .cancelled) }
    }
    if mustDrain { drainRequest.finish() }
    let kept = Set(renewed.map(\.held))
    for held in mine where !kept.contains(held) { board.stop(held, .leaseLost) }
  }

  /// Asks every second which of the running steps' jobs were cancelled, and stops those.
  func stopCancelled() async {
    while !Task.isCancelled {
      do {
        try await Task.sleep(for: .milliseconds(700))
        let cancelled = try await claimer.cancelled(among: board.jobs)
        for slot in board.slots.values where cancelled.contains(slot.step.job) {
          board.stop(slot.step.held, .cancelled)
        }
      } catch is CancellationError {
        return
      } catch {
        // The renewal of the leases says so, too, and is the one to complain.
        logger.debug(
          "cancellations wait for the database",
          metadata: .fields([.error: String(describing: error)]))
      }
    }
  }

  /// Twice a second: what is limited and paused.
  func watchGates() async {
    var isFailing = false
    while !Task.isCancelled {
      do {
        try await Task.sleep(for: .milliseconds(500))
        let (before, wasKnown) = (gates.gates, gates.isKnown)
        try await gates.refresh()
        isFailing = false
        if gates.gates != before || !wasKnown { signal() }
      } catch is CancellationError {
        return
      } catch {
        if !isFailing {
          logger.debug(
            "limits and pauses wait for the database",
            metadata: .fields([.error: String(describing: error)]))
        }
        isFailing = true
      }
    }
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
