public import Jobs
public import Security

/// What a claimed step's row becomes, if the claim still holds.
public struct StepClose: Sendable {
  /// The row to close.
  public let step: StepID
  /// The step's job, whose row the transaction has locked.
  public let job: JobID
  /// The fence: without this claim on the row nothing is written.
  public let claim: ClaimID
  /// `done`, `dead`, `cancelled`, `pending` for a retry, or `ready` when it is given back.
  public let state: StepState
  /// Sealed for ``SealedContent/Column/stepOutput`` and the row `step`; `nil` clears it.
  public let output: Sealed?
  /// Sealed for ``SealedContent/Column/stepError`` and the row `step`; `nil` clears it.
  public let error: Sealed?
  /// For `pending`: when it is due again, from now.
  public let delay: Duration
  /// Why it is `dead`; `nil` for any other state.
  public let failure: StepFailure?
  /// -1 for a step given back untouched, so that the attempt does not count.
  public let attemptChange: Int

  /// `delay` is cut to milliseconds; `attemptChange` must fit an Int16.
  public init(
    step: StepID, job: JobID, claim: ClaimID, state: StepState, output: Sealed? = nil,
    error: Sealed? = nil, failure: StepFailure? = nil, delay: Duration = .zero,
    attemptChange: Int = 0
  ) {
    self.step = step
    self.job = job
    self.claim = claim
    self.state = state
    self.output = output
    self.error = error
    self.failure = failure
    self.delay = delay
    self.attemptChange = attemptChange
  }
}

extension Duration {
  /// Milliseconds, cut; bounded to what an Int32 holds.
  var wholeMilliseconds: Int32 {
    let (seconds, attoseconds) = components
    return Int32(
      clamping: seconds.multipliedReportingOverflow(by: 1000).partialValue
        + attoseconds / 1_000_000_000_000_000)
  }
}
