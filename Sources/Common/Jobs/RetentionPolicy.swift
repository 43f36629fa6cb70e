/// How long what is over is kept; `nil` is for ever.
public struct RetentionPolicy: Sendable, Hashable {
  /// Jobs after their end, with their steps and, by whole weeks, their events. 30 days.
  public var jobs: Duration? = .seconds(30 * 86_400)
  /// The same for jobs with a dead step that nobody has settled, where that is longer. 90 days.
  public var dead: Duration? = .seconds(90 * 86_400)
  /// Audit rows, by whole months. 400 days.
  public var audit: Duration? = .seconds(400 * 86_400)

  /// The usual times.
  public init() {}
}
