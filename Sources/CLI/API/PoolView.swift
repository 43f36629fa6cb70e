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
  let targets: [String]

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
    targets = (document["targets"]?.elements ?? []).compactMap(\.text)
  }
}

/// A worker as the API shows it.
struct WorkerView: Sendable {
  let document: JSONValue
  let id: WorkerID
  let state: String
  let pools: [String]
  let slots: Int64
  let busy: Int64

  /// - Throws: ``CommandError`` when the document is no worker.
  init(_ document: JSONValue) throws {
    guard let id = document["id"]?.text.flatMap({ WorkerID($0) }),
      let state = document["state"]?.text
    else { throw CommandError.unexpectedAnswer }
    self.document = document
    self.id = id
    self.state = state
    pools = (document["pools"]?.elements ?? []).compactMap(\.text)
    slots = document["slots"]?.int ?? 0
    busy = document["busy"]?.int ?? 0
  }

  /// A text member, such as `host` or `seen_at`.
  func text(_ key: String) -> String { document[key]?.text ?? "" }
}
