import Jobs

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
