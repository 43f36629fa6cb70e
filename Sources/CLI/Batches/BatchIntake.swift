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
    let batch: BatchView
    do {
      batch = try await client.createBatch(request, key: key)
    } catch let error as CommandError where error.type == "unavailable" {
      throw error.keeping(key, "The batch may be open and not full")
    }
    var outcome = BatchOutcome()
    outcome.add(batch.document, start: 0)
    return (batch, outcome)
  }

  /// Opens a batch, adds the jobs in parts, and closes it. Under the same key all of this may be
  /// done again, after an interruption too: what is there already is not added.
  private func fill(
    _ jobs: [JSONValue]
  ) async throws -> (batch: BatchView, outcome: BatchOutcome) {
    // The parts are cut anew with the batch's id in each job; there are no more of them than jobs.
    try RequestKey.check(key, jobs: jobs.count, parts: jobs.count)
    let id = try await client.createBatch(request, key: key).id
    let lines = jobs.map { Self.job($0, of: id).json + [0x0A] }
    var outcome = BatchOutcome()
    do {
      for (number, part) in try BatchFile(Array(lines.joined())).batches.enumerated() {
        let answer = try await client.enqueueBatch(
          .init(bytes: part.bytes, type: part.type), key: "\(key)-\(number)")
        outcome.add(answer, start: part.start)
        try Self.checkTaken(outcome)
      }
      return (try await client.tell(.close, to: id), outcome)
    } catch let error as CommandError {
      throw error.keeping(key, "Batch \(id) is open and not full")
    }
  }

  /// - Throws: ``CommandError`` if the gateway refused jobs only for now.
  private static func checkTaken(_ outcome: BatchOutcome) throws(CommandError) {
    guard outcome.passing > 0 else { return }
    throw CommandError(
      .unreachable, type: "unavailable",
      "the gateway refused \(outcome.passing) jobs only for now")
  }

  /// What is no object is left to the gateway, which rejects it.
  private static func job(_ job: JSONValue, of batch: BatchID) -> JSONValue {
    guard case .object(var members) = job else { return job }
    members["batch_id"] = .string("\(batch)")
    return .object(members)
  }
}
