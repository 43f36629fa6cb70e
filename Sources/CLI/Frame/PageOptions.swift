import ArgumentParser
import Jobs

/// Which page of a listing.
struct PageOptions: ParsableArguments {
  @Option(help: "How many, 1 to 200.")
  var limit = 50

  @Option(help: "Where the page before ended; it said so.")
  var cursor: String?

  func validate() throws {
    guard (1...200).contains(limit) else { throw ValidationError("--limit takes 1 to 200.") }
  }

  /// As the gateway takes it.
  var query: [(name: String, value: String)] {
    [("limit", "\(limit)")] + (cursor.map { [("cursor", $0)] } ?? [])
  }
}

extension Console {
  /// Says how to see what comes after a page, to people alone.
  func sayWhatFollows(_ page: JSONValue) {
    if let next = page["next_cursor"]?.text, [.table, .jsonl].contains(format) {
      say("more: --cursor \(next)")
    }
  }
}
