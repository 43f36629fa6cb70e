import FoundationEssentials
import JobQueue
import Jobs
public import Logging
import Observability
public import Postgres
import Security
public import Storage

/// A piece of the text that a running turn has written.
public struct TurnText: Sendable {
  /// The turn, under the claim that fences what is stored.
  public let step: ClaimedStep
  /// Where it begins in the turn's text, in bytes.
  public let offset: Int
  /// UTF-8, whole characters.
  public let bytes: [UInt8]

  /// `bytes` follow what was passed on for this run before.
  public init(step: ClaimedStep, offset: Int, bytes: [UInt8]) {
    self.step = step
    self.offset = offset
    self.bytes = bytes
  }

  fileprivate var row: UUID {
    SealedContent.row(of: step.id, run: step.run, offset: offset)
  }
}

/// Passes on what running steps have to tell before they end: what turns write, at once to those
/// who watch and once a second to the database; and that a job has started.
public struct TurnTextStore: Sendable {
  private let pool: PostgresPool
  private let content: SealedContent
  private let dispatcher: TicketDispatcher
  private let logger: Logger

  /// The most bytes of a piece that is passed to ``show(_:)``.
  public static let maximumPiece = Reply.Text.maximumBytes

  /// The most bytes of a piece that is passed to ``store(_:)``.
  public static let maximumStored = EventStatements.eventBytes

  /// What is shown leaves through `dispatcher`, which its owner runs.
  public init(
    pool: PostgresPool, content: SealedContent, dispatcher: TicketDispatcher, logger: Logger
  ) {
    self.pool = pool
    self.content = content
    self.dispatcher = dispatcher
    self.logger = logger
  }

  /// Sends pieces to whoever watches; lost where the broker is away or nobody does.
  public func show(_ texts: [TurnText]) {
    for text in texts {
      do {
        let sealed = try content.seal(text: text.bytes, .replyText, row: text.row)
        dispatcher.dispatch(
          Reply(
            job: text.step.job, key: text.step.replyKey,
            content: .text(
              Reply.Text(
                step: text.step.id, run: text.step.run, offset: text.offset,
                sealed: sealed.bytes))))
      } catch {
        logger.error(
          "text cannot be sealed", metadata: .fields([.step: text.step.id, .error: "\(error)"]))
      }
    }
  }

  /// Notes that jobs have started with these first steps of theirs, so that those who watch see it
  /// before the step ends.
  ///
  /// - Throws: `PostgresError`.
  public func noteStart(of steps: [ClaimedStep]) async throws {
    guard !steps.isEmpty else { return }
    let started = try await pool.transaction { transaction in
      let ours = try await Self.lock(steps.map(\.job), in: transaction)
      return try await transaction.commit(after: [
        EventStatements.start(
          steps.filter { ours.contains($0.job) }.map { ($0.id, $0.job, $0.claim) })
      ])
    }
    let keys = Dictionary(steps.map { ($0.job, $0.replyKey) }) { _, last in last }
    for row in started.first ?? [] {
      let job = JobID(try row.decode("job_id", as: UUID.self))
      tell(job, keys[job], try row.decode("seq", as: Int64.self))
    }
  }

  /// Locks those of the jobs that nobody else has locked: one of them shall not keep the text of all
  /// others.
  private static func lock(
    _ jobs: [JobID], in transaction: PostgresTransaction
  ) async throws -> Set<JobID> {
    let rows = try await transaction.pipeline([
      FinishStatements.lock(Set(jobs), skipsLocked: true)
    ])[0]
    return Set(try rows.map { JobID(try $0.decode("id", as: UUID.self)) })
  }

  private func tell(_ job: JobID, _ key: [UInt8]?, _ sequence: Int64) {
    guard let key else { return }
    dispatcher.dispatch(
      Reply(job: job, key: key, content: .progress(sequence: sequence, isFinal: false)))
  }

  /// Stores text as events, each fenced by its step's claim.
  ///
  /// - Parameter texts: One piece a job at most.
  /// - Returns: The steps whose text is stored; others have lost their claim, or their job is locked
  ///   now.
  /// - Throws: `PostgresError`.
  public func store(_ texts: [TurnText]) async throws -> Set<HeldStep> {
    guard !texts.isEmpty else { return [] }
    let rows = try texts.map { text in
      NewText(
        step: text.step.id, job: text.step.job, claim: text.step.claim, run: text.step.run,
        range: text.offset..<text.offset + text.bytes.count,
        content: try content.seal(text: text.bytes, .eventText, row: text.row))
    }
    let stored = try await pool.transaction { transaction in
      let ours = try await Self.lock(rows.map(\.job), in: transaction)
      return try await transaction.commit(after: [
        EventStatements.insert(rows.filter { ours.contains($0.job) })
      ])
    }
    var held: Set<HeldStep> = []
    let byStep = Dictionary(texts.map { ($0.step.id, $0.step) }) { _, last in last }
    for row in stored.first ?? [] {
      let id = StepID(try row.decode("step_id", as: UUID.self))
      guard let step = byStep[id] else { continue }
      held.insert(step.held)
      tell(step.job, step.replyKey, try row.decode("seq", as: Int64.self))
    }
    return held
  }
}
