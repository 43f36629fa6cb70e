import Postgres

extension Sequence {
  /// Does something for each element, also for those that follow one for which it fails.
  ///
  /// - Throws: The first failure, once all have had their turn; at once what is no element's own
  ///   fault: a cancellation, or a database that is away.
  func forEachAlone(_ act: (Element) async throws -> Void) async throws {
    var first: (any Error)?
    for element in self {
      do {
        try await act(element)
      } catch {
        if Task.isCancelled || (error as? PostgresError)?.isOutage == true { throw error }
        first = first ?? error
      }
    }
    if let first { throw first }
  }
}

extension PostgresError {
  /// Whether the next statement would most likely fail as well.
  fileprivate var isOutage: Bool {
    let codes: [Code] = [
      .connectFailed, .connectionLost, .commitUnknown, .poolTimeout, .poolClosed,
    ]
    return codes.contains(code)
  }
}
