import Engine
import Jobs
import Logging
import Observability

extension WorkerService {
  /// Runs a step in its slot, writes how it ended and frees the slot.
  func execute(_ start: Start) async {
    let text = pump.begin(start.step)
    board.watch(start.step.held, text)
    let effect = RunningEffect()
    var outcome = await outcome(of: start, text, effect)
    pump.end(start.step)
    // Now that the turn has stopped, this is all that it wrote.
    if case .cancelled = outcome { outcome = .cancelled(partial: text.text) }
    if let outcome {
      let (outcome, effect) = effect.current.end(outcome, of: start.step.target)
      await finish(start.step, outcome, stored: text.stored, effect)
    }
    board.end(start.step.held)
    if start.step.isSuspect { looksForSuspects = true }
    signal()
  }

  /// `nil` when the step is not ours any more.
  private func outcome(
    of start: Start, _ text: WrittenText, _ effect: RunningEffect
  ) async -> StepOutcome? {
    let began = ContinuousClock.now
    defer { metrics.observe(.jobRun, start.step.lane.labels, duration: .now - began) }
    let step = start.step
    let executor = runner.mayBlock(step) ? threads[start.number] : nil
    return await withTaskGroup(of: StepOutcome?.self) { group in
      group.addTask(executorPreference: executor) {
        await self.runner.run(step, text: text, effect: effect) {
          self.threads.mayCall(start.number)
        }
      }
      group.addTask {
        for await reason in start.stops {
          switch reason {
          case .leaseLost: return nil
          case .giveBack: return .released
          case .cancelled: return .cancelled(partial: text.text)
          case .overdue(let limit):
            return .failed(
              StepFailure(
                .transient, code: "step_timeout", message: "it took longer than \(limit)"))
          case .idle(let limit):
            return .failed(
              StepFailure(
                .transient, code: "step_idle", message: "it showed no progress for \(limit)"))
          }
        }
        return .released
      }
      let first = await group.next() ?? nil
      group.cancelAll()
      return first
    }
  }

  private func finish(
    _ step: ClaimedStep, _ outcome: StepOutcome, stored: Int, _ effect: EffectEnd?
  ) async {
    do {
      let answer = try await finisher.finish(
        step, outcome, stored: stored, effect: effect, attempts: runner.attempts(at: step))
      if answer == .committed, outcome != .released {
        await runner.committed(step)
      } else if answer == .lost {
        logger.notice(
          "a finished step was no longer ours", metadata: .fields([.step: step.id]))
      }
    } catch let error where error is BatcherStopped || error is CancellationError {
      logger.warning(
        "a step is left to the reaper", metadata: .fields([.step: step.id, .reason: "stopping"]))
    } catch {
      logger.error(
        "a step's outcome cannot be stored",
        metadata: .fields([.step: step.id, .error: String(describing: error)]))
      await finishAsBroken(step, effect)
    }
  }

  /// The outcome itself could not be written, so say that instead.
  private func finishAsBroken(_ step: ClaimedStep, _ effect: EffectEnd?) async {
    let failure = StepFailure(
      .internalError, code: "outcome_not_stored", message: "its outcome could not be stored")
    do {
      _ = try await finisher.finish(step, .failed(failure), effect: effect)
    } catch {
      logger.error(
        "a step is left to the reaper",
        metadata: .fields([.step: step.id, .error: String(describing: error)]))
    }
  }
}
