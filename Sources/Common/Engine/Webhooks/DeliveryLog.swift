public import FoundationEssentials
public import Jobs
public import Postgres
public import Security
public import Storage

/// What a worker that delivers reads before and writes after.
public struct DeliveryLog: Sendable {
  private let pool: PostgresPool
  private let content: SealedContent
  private let jobs: JobReader

  /// Each call is a transaction over a connection of `pool`; `content` must hold the keys that
  /// endpoints and jobs are sealed with.
  public init(pool: PostgresPool, content: SealedContent) {
    self.pool = pool
    self.content = content
    jobs = JobReader(pool: pool, content: content)
  }

  /// A request that is to be made.
  public struct Outgoing: Sendable {
    /// Whose endpoint it goes to.
    public let webhook: WebhookID
    /// Where it goes.
    public let url: String
    /// The same as it is stored: by this a later answer tells whether it still goes there.
    let sealedURL: [UInt8]
    /// What it is signed with, the present one first; at least one.
    public let secrets: [WebhookSecret]
    /// UTF-8 JSON.
    public let body: [UInt8]
  }

  /// What is to be done about a delivery.
  public enum Opening: Sendable {
    /// Make the request, then note what came of it.
    case send(Outgoing)
    /// Nothing: this is what has come of it.
    case over(DeliveryAnswer)
    /// Nothing any more: give it up, with this answer.
    case givenUp(DeliveryAnswer)
  }

  /// Reads what is to be sent.
  ///
  /// - Parameters:
  ///   - user: Whose delivery it must be.
  ///   - job: The job that wants to send it.
  /// - Throws: ``StepFailure`` while the database is away; `SealError` when this process lacks a
  ///   key.
  public func open(
    _ delivery: DeliveryID, of user: UserID, by job: JobID
  ) async throws -> Opening {
    try await answered { try await opening(of: delivery, user, job) }
  }

  private func opening(
    of delivery: DeliveryID, _ user: UserID, _ job: JobID
  ) async throws -> Opening {
    let rows = try await pool.pipeline(DeliveryStatements.open(delivery, of: user, by: job))
    guard let found = try rows[0].first.map(OpenDelivery.init) else {
      return Self.failed("delivery_unknown", "The user has no such delivery.")
    }
    guard found.isOurs else { return .over(.superseded) }
    guard !found.isDelivered else { return .over(.delivered(status: found.lastStatus ?? 200)) }
    guard let webhook = found.webhook else {
      return .givenUp(.dropped(code: "webhook_deleted"))
    }
    guard !found.isDisabled else { return .givenUp(.dropped(code: "webhook_disabled")) }
    guard let payload = try await payload(of: found, user) else {
      return Self.failed("job_gone", "The job or batch is not there any more.")
    }
    let secrets = try rows[1].compactMap { row in
      let id = try row.decode("id", as: UUID.self)
      let text = try content.open(
        try row.decode("secret", as: [UInt8].self), .webhookSecret, row: id)
      return text.text.flatMap { WebhookSecret($0) }
    }
    guard !secrets.isEmpty,
      let url = try content.open(webhook.url, .webhookURL, row: webhook.id.uuid).text
    else { return .givenUp(.dropped(code: "webhook_deleted")) }
    return .send(
      Outgoing(
        webhook: webhook.id, url: url, sealedURL: webhook.url, secrets: secrets,
        body: payload.json.json))
  }

  private func payload(of found: OpenDelivery, _ user: UserID) async throws -> WebhookPayload? {
    if let id = found.batch {
      let row = try await pool.query(BatchStatements.find(id, of: user)).first
      return try row.map { WebhookPayload(at: found.createdAt, batch: try StoredBatch($0).record) }
    }
    guard let event = found.event, let id = found.job, let ended = try await jobs.job(id, of: user)
    else { return nil }
    return WebhookPayload(event: event, at: found.createdAt, job: ended)
  }

  private static func failed(_ code: String, _ message: String) -> Opening {
    .givenUp(.failed(DeliveryFailure(code: code, message: message, isPermanent: true)))
  }

  /// Notes an attempt, if the run is still the step's and its job the one that delivers.
  ///
  /// - Parameters:
  ///   - began: When the request began.
  ///   - status: Of the receiver's answer; `nil` without one.
  ///   - error: Why it was not taken; `nil` when it was.
  ///   - isFinal: Whether nobody will try again.
  ///   - gone: What an endpoint has answered that it wants to be told nothing more; it is disabled
  ///     if requests still go to the same URL.
  /// - Returns: Whether it is noted.
  /// - Throws: ``StepFailure`` while the database is away.
  @discardableResult
  public func note(
    _ delivery: DeliveryID, by run: StepRun, began: Date, status: Int?, error: String?,
    isFinal: Bool, gone: Outgoing? = nil
  ) async throws -> Bool {
    let note = DeliveryStatements.note(
      delivery, by: run, began: began, status: status, error: error, isFinal: isFinal)
    return try await answered {
      guard try await !pool.query(note).isEmpty else { return false }
      if let gone {
        _ = try await pool.execute(
          DeliveryStatements.disable(gone.webhook, at: gone.sealedURL, by: run))
      }
      return true
    }
  }

  /// Notes that a delivery is given up without a request, under the same conditions.
  ///
  /// - Parameter code: A word that says why.
  /// - Returns: Whether it is noted.
  /// - Throws: ``StepFailure`` while the database is away.
  @discardableResult
  public func giveUp(
    _ delivery: DeliveryID, by run: StepRun, _ code: String
  ) async throws -> Bool {
    try await answered {
      try await !pool.query(DeliveryStatements.giveUp(delivery, by: run, code)).isEmpty
    }
  }

  /// A database that is away is no defect: the step is tried again.
  private func answered<Answer: Sendable>(
    _ ask: () async throws -> Answer
  ) async throws -> Answer {
    do {
      return try await ask()
    } catch let error as PostgresError where !error.isPermanent {
      throw StepFailure(
        .transient, code: "database_unavailable", message: "The database does not answer.")
    }
  }
}
