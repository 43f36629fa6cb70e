import Jobs

/// A pool as the API shows it.
struct PoolView: Sendable, Equatable {
  let document: JSONValue
  let name: String
  /// `nil` when nobody has said how many there shall be.
  let desired: Int64?
  let isManaged: Bool
  let workers: Int64
  let slots: Int64
  let running: Int64
  let ready: Int64
  /// How long its steps should wait at most, in seconds; `nil` for as long as it takes.
  let targetWait: Double?
  let targets: [String]
  /// What pauses all of it.
  let paused: PauseMark?

  /// - Throws: ``CommandError`` when the document is no pool.
  init(_ document: JSONValue) throws {
    guard let name = document["pool"]?.text, let workers = document["workers"]?.int else {
      throw CommandError.unexpectedAnswer
    }
    self.document = document
    self.name = name
    self.workers = workers
    desired = document["desired"]?.int
    isManaged = document["managed"] == .bool(true)
    slots = document["slots"]?.int ?? 0
    running = document["running"]?.int ?? 0
    ready = document["ready"]?.int ?? 0
    targetWait = document["target_wait_seconds"]?.double
    paused = PauseMark(document["paused"])
    targets = (document["targets"]?.elements ?? []).compactMap(\.text)
  }
}
