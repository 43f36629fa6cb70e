public import Jobs

/// What the HTTP shell asks about steps that will not be tried again; part of ``JobService``, with its
/// promises.
public protocol DeadService: Sendable {
  /// The dead steps that a filter meets, the newest first.
  func deadSteps(_ filter: DeadFilter) async throws(ServiceError) -> [DeadStep]

  /// A dead step with all that is known of it, also one that was redriven or dropped.
  ///
  /// What it works on is shown to its owner alone.
  ///
  /// - Returns: `nil` when the pool has none that the principal sees: their own, or any as an
  ///   operator.
  func deadStep(
    _ step: StepID, in pool: Pool, for principal: Principal
  ) async throws(ServiceError) -> DeadStepDetail?

  /// The same as ``deadSteps(_:)`` by how they failed, the most frequent first.
  func deadGroups(_ filter: DeadFilter) async throws(ServiceError) -> [DeadGroup]

  /// Does the jobs of dead steps again, each step once.
  ///
  /// - Parameters:
  ///   - input: Instead of the input of the jobs.
  ///   - fits: Whether a target takes the input; asked for all that would get it, before anything is
  ///     done.
  ///   - isDry: Whether to count only.
  ///   - isCanary: Whether to begin with a few, and to stop when these do not succeed.
  /// - Throws: ``ServiceError/unfitInput(_:)``.
  func redrive(
    _ filter: DeadFilter, input: JSONValue?, fits: @Sendable (Target) -> Bool, isDry: Bool,
    isCanary: Bool, by principal: Principal
  ) async throws(ServiceError) -> Redrive

  /// Which of some jobs a redrive has made, and how they stand once all of them are over, or a time
  /// is up, or the task is cancelled.
  ///
  /// - Parameters:
  ///   - user: Whose; `nil` for everybody's.
  ///   - limit: 0 to 60 s.
  func redriven(
    _ jobs: [JobID], of user: UserID?, within limit: Duration
  ) async throws(ServiceError) -> [RedrivenJob]

  /// Takes dead steps off the list.
  ///
  /// - Returns: How many the filter met, and how many were dropped.
  func drop(
    _ filter: DeadFilter, isDry: Bool, by principal: Principal
  ) async throws(ServiceError) -> (matched: Int, dropped: Int)
}
