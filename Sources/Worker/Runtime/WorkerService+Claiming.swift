import Engine
import JobQueue
import Jobs
import Logging
import Observability

extension WorkerService {
  /// A claimed step in its slot.
  struct Start: Sendable {
    let step: ClaimedStep
    let number: Int
    let stops: AsyncStream<SlotBoard.StopReason>
  }

  /// Claims until the slots or the tickets are used up, and starts what it gets.
  ///
  /// As long as it is not known what an earlier claim got, there is no other: both might be more
  /// than the slots.
  func claimWhatFits(_ start: (Start) -> Void) async {
    // A worker that cannot tell what is paused takes nothing.
    guard gates.isKnown else { return }
    // Where nothing is unsettled nothing is asked, which would say nothing about the database.
    if await !claimer.isSettled {
      guard let settled = await claim({ try await $0.settle() }) else { return }
      settled.forEach(start)
    }
    if looksForSuspects { await claimSuspect(start) }
    while await claimer.isSettled, !isDraining,
      let choice = picker.next(
        tickets: claimable(hand.counts), running: board.byPriority, raised: gates.gates.raised)
    {
      let tickets = hand.take(choice.count, of: choice.lane)
      guard let steps = await claim({ try await $0.claim(choice.lane, limit: tickets.count) })
      else { return hand.putBack(tickets) }
      await reader.acknowledge(tickets)
      lastClaim = steps.count
      await pass(.ticketAck)
      picker.started(steps.count, of: choice.priority)
      steps.forEach(start)
    }
    await claimWithoutTickets(start)
  }

  /// Those of lanes that are not paused.
  private func claimable(_ tickets: [Lane: Int]) -> [Lane: Int] {
    let gates = gates.gates
    return gates.pauses.isEmpty ? tickets : tickets.filter { !gates.isPaused($0.key) }
  }

  /// Claims in lanes that have been silent although no ticket came from them: lost tickets, and
  /// tickets in the hands of busy workers, make work slower, never stuck.
  private func claimWithoutTickets(_ start: (Start) -> Void) async {
    if SafetyNet.idleClaim.isOff { return }
    var silent = silentLanes
    while await claimer.isSettled, !isDraining,
      let choice = picker.next(
        tickets: claimable(silent), running: board.byPriority, raised: gates.gates.raised)
    {
      guard let steps = await claim({ try await $0.claim(choice.lane, limit: choice.count) })
      else { return }
      // A lane that had enough is looked at again as soon as a slot is free.
      if steps.count < choice.count {
        lastLook[choice.lane] = .now
        silent[choice.lane] = nil
      }
      picker.started(steps.count, of: choice.priority)
      steps.forEach(start)
    }
  }

  /// The lanes that have brought no ticket for a while, each as if it had any number of them.
  private var silentLanes: [Lane: Int] {
    let patience = isConnected ? Duration.seconds(5) : .seconds(1)
    let now = ContinuousClock.now
    let inHand = hand.counts
    let lanes = configuration.lanes.filter { lane in
      inHand[lane, default: 0] == 0 && now - (lastLook[lane] ?? startedAt) >= patience
    }
    return Dictionary(lanes.map { ($0, Int.max) }) { first, _ in first }
  }

  /// Claims one step that was aboard when a process died, unless one runs here already.
  private func claimSuspect(_ start: (Start) -> Void) async {
    looksForSuspects = false
    guard await claimer.isSettled, !isDraining, !board.runsSuspect,
      board.count < configuration.concurrency
    else { return }
    let gates = gates.gates
    let lanes = configuration.lanes.filter { !gates.isPaused($0) }
    await claim { try await $0.claimSuspect(in: lanes) }?.forEach(start)
  }

  /// `nil` when the database is away; the tickets stay in hand.
  private func claim(
    _ run: (StepClaimer) async throws -> [ClaimedStep]
  ) async -> [Start]? {
    let sentAt = ContinuousClock.now
    do {
      let steps = try await run(claimer)
      databaseFailingSince = nil
      return steps.map { step in
        let (number, stops) = board.start(step)
        // Claimed while draining began: not to be started any more.
        if isDraining { board.stop(step.held, .giveBack) }
        threads.extend(number, until: sentAt + StepClaimer.lease)
        return Start(step: step, number: number, stops: stops)
      }
    } catch {
      await databaseFailed(error)
      return nil
    }
  }

  /// Passes a place where an injected error is a connection to the broker that breaks.
  func pass(_ failpoint: Failpoint) async {
    do { try failpoint.hit() } catch { await reader.reconnect() }
  }

  private func databaseFailed(_ error: any Error) async {
    let now = ContinuousClock.now
    guard let since = databaseFailingSince else {
      databaseFailingSince = now
      logger.warning(
        "claiming waits for the database",
        metadata: .fields([.error: String(describing: error)]))
      return
    }
    guard now - since > .seconds(30), !hand.isEmpty else { return }
    // Others may reach the database: the tickets go back to the broker.
    databaseFailingSince = now
    await reader.reconnect()
  }
}
