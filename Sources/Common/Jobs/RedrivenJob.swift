/// A job that a redrive has made, and how far it is.
public struct RedrivenJob: Sendable, Hashable {
  /// The job.
  public let id: JobID
  /// Its owner, who need not be who has redriven it.
  public let user: UserID
  /// How it stands.
  public let state: JobState

  /// Takes one reading.
  public init(id: JobID, user: UserID, state: JobState) {
    self.id = id
    self.user = user
    self.state = state
  }
}
