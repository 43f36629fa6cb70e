import Jobs

/// Makes a batch of a file of jobs: with one request where it fits into one.
struct BatchIntake: Sendable {
  let client: GatewayClient
  /// The batch without its jobs.
  let request: [String: JSONValue]
  let key: String

  /// Sends the jobs.
  ///
  /// - Returns: The batch, closed, and what became of each job.
  func send(_ file: BatchFile) async throws -> (batch: BatchView, outcome: BatchOutcome) {
    let jobs = try file.jobs()
    var request = request
    request["jobs"] = .array(jobs)
    let fits =
      file.batches.count == 1
      && JSONValue.object(request).json.count <= BatchFile.maximumBytes
    guard fits else { return try await fill(jobs) }
    let batch = try await client.createBatch(request, key: key)
    var outcome = BatchOutcome()
    outcome.add(batch.document, start: 0)
    return (batch, outcome)
  }

  /// Opens a batch, adds the jobs in parts, and closes it. Under the same key all of this may be
  /// done again, after an interruption too: what is there already is not added.
  private func fill(
    _ jobs: [JSONValue]
  ) async throws -> (batch: BatchView, outcome: BatchOutcome) {
    let id = try await client.createBatch(request, key: key).id
    let lines = jobs.map { Self.job($0, of: id).json + [0x0A] }
    var outcome = BatchOutcome()
    do {
      for (number, part) in try BatchFile(Array(lines.joined())).batches.enumerated() {
        let answer = try await client.enqueueBatch(
          .init(bytes: part.bytes, type: part.type), key: "\(key)-\(number)")
        outcome.add(answer, start: part.start)
      }
      return (try await client.tell(.close, to: id), outcome)
    } catch let error as CommandError where error.hint == nil {
      throw error.hinting(
        "Batch \(id) is open and not full: repeat with --idempotency-key \(key) to go on")
    }
  }

  /// What is no object is left to the gateway, which rejects it.
  private static func job(_ job: JSONValue, of batch: BatchID) -> JSONValue {
    guard case .object(var members) = job else { return job }
    members["batch_id"] = .string("\(batch)")
    return .object(members)
  }
}
