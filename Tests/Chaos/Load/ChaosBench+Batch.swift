import HTTP
import Jobs
import LocalServices
import TestSupport

extension ChaosBench {
  /// The most jobs that the route takes in one request.
  private static let batch = 1000

  /// Asks the first gateway for jobs, many in a request, until all are accepted, and notes that.
  func enqueueAll(_ requests: [LoadRequest]) async throws {
    for start in stride(from: 0, to: requests.count, by: Self.batch) {
      var left = Array(requests[start..<min(start + Self.batch, requests.count)])
      while !left.isEmpty {
        let answered = try await accepted(left)
        try await ledger.note(accepted: answered)
        let keys = Set(answered.map(\.key))
        left.removeAll { keys.contains($0.key) }
        if !left.isEmpty { try await Task.sleep(for: .milliseconds(200)) }
      }
    }
  }

  /// - Returns: Those that were accepted; the others may be asked for again.
  private func accepted(_ requests: [LoadRequest]) async throws -> [ClientLedger.Acceptance] {
    let answer: Client.Answer
    do {
      answer = try await client().send(
        .post, "/api/v1/jobs/batch", body: .array(requests.map(\.batchItem)))
    } catch let error as HTTPError where error.isRetryable || error.isInDoubt {
      return []
    }
    if answer.status == 503 { return [] }
    guard answer.status == 200, let items = answer.json["items"]?.elements,
      items.count == requests.count
    else { throw Unexpected("a batch was answered \(answer.status): \(answer.json)") }
    return try zip(requests, items).compactMap { request, item in
      if item["status"]?.int == 503 { return nil }
      guard let id = item["job"]?["id"]?.text.flatMap({ JobID($0) }) else {
        throw Unexpected("a job of a batch was answered \(item)")
      }
      return ClientLedger.Acceptance(job: id, key: request.key)
    }
  }
}

extension LoadRequest {
  /// The body with its key, as batches want it.
  var batchItem: JSONValue {
    guard case .object(var members) = body else { return body }
    members["idempotency_key"] = .string(key)
    return .object(members)
  }
}
