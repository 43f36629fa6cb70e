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

  /// Sends requests under a key, and names the key where their outcome stays in doubt.
  ///
  /// - Parameter key: What ``value`` gave.
  static func keeping<Answer>(
    _ key: String, _ send: () async throws -> Answer
  ) async throws -> Answer {
    do {
      return try await send()
    } catch let error as CommandError where error.status == .unreachable && error.hint == nil {
      throw error.hinting("It may have been accepted: repeat with --idempotency-key \(key)")
    }
  }
}
