import ArgumentParser
import Jobs

/// What makes a request that is sent again the same request.
struct RequestKey: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The same key within 24 hours means the same request. Made up when there is none.",
      valueName: "key"))
  var idempotencyKey: String?

  func validate() throws {
    let isKey = { (key: String) in
      (1...255).contains(key.utf8.count) && key.utf8.allSatisfy { (0x20...0x7E).contains($0) }
    }
    if let idempotencyKey, !isKey(idempotencyKey) {
      throw ValidationError("--idempotency-key takes 1 to 255 printable ASCII characters.")
    }
  }

  /// The key that was given, else a new one.
  var value: String { idempotencyKey ?? "cli-\(JobID())" }

  /// Sends requests under a key, and names the key where they have to be repeated under it: where
  /// their outcome stays in doubt, or the first of several are accepted.
  ///
  /// - Parameters:
  ///   - key: What ``value`` gave. Not that of a part: the command makes those of the parts again.
  ///   - isBegun: Whether requests before these were accepted.
  static func keeping<Answer>(
    _ key: String, isBegun: Bool = false, _ send: () async throws -> Answer
  ) async throws -> Answer {
    do {
      return try await send()
    } catch let error as CommandError where error.idempotencyKey == nil {
      if isBegun { throw error.keeping(key, "A part is accepted") }
      throw error.isInDoubt ? error.keeping(key, "It may have been accepted") : error
    }
  }

  /// Whether a key leaves room for what is put behind it: the number of each part of a file, and
  /// the place of each of its jobs.
  ///
  /// - Throws: ``CommandError`` with status `usage`, before anything is sent.
  static func check(_ key: String, jobs: Int, parts: Int) throws(CommandError) {
    let place = min(jobs, BatchFile.maximumItems) - 1
    let part = parts > 1 ? "-\(parts - 1)" : ""
    let most = 255 - "\(part)/\(place)".utf8.count
    guard key.utf8.count > most else { return }
    throw .usage("--idempotency-key takes at most \(most) characters for \(jobs) jobs")
  }
}
