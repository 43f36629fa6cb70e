/// Which statements one connection has prepared, the least recently used dropped first. Pure.
struct StatementCache {
  /// The same text with other parameter types is another statement.
  struct Key: Hashable {
    let text: String
    let types: [UInt32]

    init(_ sql: SQL) {
      text = sql.text
      types = sql.parameters.map(\.type.oid)
    }
  }

  private struct Entry {
    let name: String
    var lastUse: Int
  }

  private let capacity: Int
  private var entries: [Key: Entry] = [:]
  private var uses = 0
  private var names = 0
  /// Names that the server still holds and nobody needs, to be sent with `DEALLOCATE`.
  private(set) var dropped: [String] = []

  init(capacity: Int) { self.capacity = capacity }

  /// The server's name of a prepared statement.
  mutating func name(of key: Key) -> String? {
    uses += 1
    entries[key]?.lastUse = uses
    return entries[key]?.name
  }

  /// A name that was never used on this connection.
  mutating func newName() -> String {
    names += 1
    return "oc\(names)"
  }

  /// The server has prepared it.
  mutating func insert(_ key: Key, name: String) {
    if entries.count >= capacity,
      let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse })
    {
      dropped.append(oldest.value.name)
      entries[oldest.key] = nil
    }
    uses += 1
    entries[key] = Entry(name: name, lastUse: uses)
  }

  /// The server has deallocated it.
  mutating func remove(dropped name: String) { dropped.removeAll { $0 == name } }

  /// The schema changed under them, or they are gone: prepare everything anew.
  mutating func invalidate(areGone: Bool) {
    dropped = areGone ? [] : dropped + entries.values.map(\.name)
    entries = [:]
  }
}
