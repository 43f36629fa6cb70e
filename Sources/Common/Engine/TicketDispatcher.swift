public import JobQueue
import Jobs
public import Logging
import Observability
public import Postgres
public import ServiceLifecycle
import Storage

/// Sends tickets and replies after a COMMIT, without making the committer wait.
///
/// A ticket that is not confirmed, or dropped here because too many wait, stays in the outbox,
/// and the relay duty of some gateway sends it five seconds later.
public struct TicketDispatcher: Service {
  private let publisher: LanePublisher
  private let replyPublisher: ReplyPublisher
  private let pool: PostgresPool
  private let logger: Logger
  private let tickets = BatchInbox<Ticket>(limit: 256, capacity: 20_000)
  private let replies = BatchInbox<Reply>(limit: 256, capacity: 20_000)
  /// Steps whose tickets the broker has; what does not fit stays in the outbox for the relay.
  private let confirmed = BatchInbox<StepID>(limit: 1024, capacity: 100_000)

  /// Sends nothing before ``run()``; both publishers are run by their owner.
  public init(
    publisher: LanePublisher, replies: ReplyPublisher, pool: PostgresPool, logger: Logger
  ) {
    self.publisher = publisher
    replyPublisher = replies
    self.pool = pool
    self.logger = logger
  }

  /// Sends until shutdown, then what is left.
  public func run() async throws {
    await withGracefulShutdownHandler {
      await withTaskGroup(of: Void.self) { group in
        group.addTask {
          await sendTickets()
          confirmed.stop()
        }
        group.addTask { await forgetConfirmed() }
        group.addTask { await sendReplies() }
      }
    } onGracefulShutdown: {
      tickets.stop()
      replies.stop()
    }
  }

  func dispatch(_ plans: JobPlans) {
    dispatch(plans.tickets)
    for reply in plans.replies { _ = replies.put(reply) }
  }

  func dispatch(_ reply: Reply) { _ = replies.put(reply) }

  /// Sends and counts what a transaction has made ready.
  func dispatch(ready rows: [TicketRow], _ metrics: Metrics) {
    dispatch(ready: rows.map { Ticket($0) }, metrics)
  }

  /// The same for tickets.
  func dispatch(ready tickets: [Ticket], _ metrics: Metrics) {
    for ticket in tickets { metrics.ready(in: ticket.lane) }
    dispatch(tickets)
  }

  func dispatch(_ newTickets: [Ticket]) {
    for ticket in newTickets { _ = tickets.put(ticket) }
  }

  private func sendTickets() async {
    while let batch = await tickets.takeGroup() {
      defer { tickets.finishGroup() }
      do {
        let deliveries = await publisher.publish(batch)
        try Failpoint.ticketConfirm.hit()
        for case (let ticket, .confirmed) in zip(batch, deliveries) {
          _ = confirmed.put(ticket.step)
        }
      } catch {
        // They stay in the outbox; the relay sends them again.
        logger.debug(
          "tickets wait for the relay",
          metadata: .fields([.count: batch.count, .error: String(describing: error)]))
      }
    }
  }

  /// Ten times a second, as the relay looks at rows of five seconds of age only.
  private func forgetConfirmed() async {
    while let steps = await confirmed.takeGroup() {
      do {
        _ = try await pool.execute(DutyStatements.confirm(steps))
        try Failpoint.outboxDelete.hit()
      } catch {
        // The relay sends their tickets once more, which does no harm.
        logger.debug(
          "confirmed tickets stay in the outbox",
          metadata: .fields([.count: steps.count, .error: String(describing: error)]))
      }
      confirmed.finishGroup()
      // Cut short only when the process ends.
      try? await Task.sleep(for: .milliseconds(100))
    }
  }

  private func sendReplies() async {
    while let batch = await replies.takeGroup() {
      defer { replies.finishGroup() }
      await replyPublisher.publish(batch)
      do {
        try Failpoint.replyPublish.hit()
      } catch {
        logger.debug("after replies", metadata: .fields([.error: String(describing: error)]))
      }
    }
  }

  /// Publishes tickets and forgets the confirmed ones.
  ///
  /// - Returns: What became of each, in order.
  static func send(
    _ tickets: [Ticket], over publisher: LanePublisher, pool: PostgresPool
  ) async throws -> [TicketDelivery] {
    let deliveries = await publisher.publish(tickets)
    let confirmed = zip(tickets, deliveries).filter { $0.1 == .confirmed }.map(\.0.step)
    guard !confirmed.isEmpty else { return deliveries }
    try Failpoint.ticketConfirm.hit()
    _ = try await pool.execute(DutyStatements.confirm(confirmed))
    try Failpoint.outboxDelete.hit()
    return deliveries
  }
}
