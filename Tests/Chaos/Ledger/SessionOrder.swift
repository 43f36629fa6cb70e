/// Whether the jobs of sessions ran one after the other and in their order, as the workers wrote it
/// down. Pure.
package struct SessionOrder: Sendable {
  /// Executions of which the ledger tells.
  package private(set) var executions = 0
  /// What contradicts the promise.
  package private(set) var faults: [String] = []
  /// The youngest message of each session that has begun.
  private var latest: [String: Int] = [:]

  /// Where a job stands.
  package struct Place: Sendable, Hashable {
    let session: String
    /// From 0, in the order in which they were accepted.
    let message: Int

    /// Takes what a client knows.
    package init(session: String, message: Int) {
      self.session = session
      self.message = message
    }
  }

  /// Reads the workers' ledger, whose lines are in the order in which things happened: once a
  /// message has begun, nothing of those before it begins or comes back any more.
  ///
  /// - Parameters:
  ///   - text: Lines `<what> <job> <step> <claim>`.
  ///   - places: By job; those of other jobs are left out.
  package init(text: String, places: [String: Place]) {
    for line in text.split(separator: "\n") {
      let fields = line.split(separator: " ")
      guard fields.count == 4, let place = places[String(fields[1])] else { continue }
      switch fields[0] {
      case "started":
        executions += 1
        take(place, "began")
        latest[place.session] = max(latest[place.session] ?? 0, place.message)
      case "returned": take(place, "came back")
      // The line may be written after the commit has let the next one begin.
      default: break
      }
    }
  }

  private mutating func take(_ place: Place, _ what: String) {
    guard let latest = latest[place.session], latest > place.message else { return }
    faults.append(
      "message \(place.message) of \(place.session) \(what) after message \(latest) had begun")
  }
}
