import FoundationEssentials
import JobQueue
import Jobs
import Observability
import Postgres
import Storage

/// Makes a job of each new delivery, so that sending it, trying again and giving up are those of
/// any step. Any number of nodes may do so at once: a delivery's row is locked by one of them, and
/// has its job as soon as that is stored. An endpoint that is slow to answer gets no more jobs while
/// many of its own are held: what it is to be told waits as deliveries.
struct WebhookDuty: Duty {
  let name = "webhooks"
  let makesReady = true
  let interval = Duration.milliseconds(300)
  let pool: PostgresPool
  let content: SealedContent
  let dispatcher: TicketDispatcher
  let metrics: Metrics

  func run() async throws -> Bool {
    let made = try await pool.transaction { transaction in try await make(in: transaction) }
    dispatcher.dispatch(ready: made.tickets, metrics)
    return made.hasMore
  }

  private struct Made: Sendable {
    var tickets: [Ticket] = []
    var hasMore = false
  }

  private func make(in transaction: PostgresTransaction) async throws -> Made {
    let due = try await transaction.query(DeliveryStatements.due).map(DueDelivery.init)
    guard !due.isEmpty else { return Made() }
    var jobs: [(delivery: DeliveryID, job: NewJob)] = []
    var givenUp: [(delivery: DeliveryID, code: String)] = []
    var revoked: Set<WebhookID> = []
    for delivery in due {
      guard let owner = delivery.owner else {
        givenUp.append((delivery.id, "webhook_deleted"))
        continue
      }
      if delivery.isRevoked {
        givenUp.append((delivery.id, "revoked"))
        revoked.insert(delivery.webhook)
      } else if delivery.isDisabled {
        givenUp.append((delivery.id, "webhook_disabled"))
      } else {
        jobs.append((delivery.id, try DeliveryJob.make(delivery, for: owner, content: content)))
      }
    }
    var statements = revoked.sorted().map { WebhookStatements.disable($0, .revoked) }
    if !givenUp.isEmpty { statements.append(DeliveryStatements.giveUp(givenUp)) }
    if !jobs.isEmpty {
      statements.append(DeliveryStatements.assign(jobs.map { ($0.delivery, $0.job.id) }))
      statements.append(AcceptStatements.accept(jobs.map(\.job)))
    }
    try await transaction.commit(after: statements)
    let shares = Dictionary(due.map { ($0.webhook, 1) }, uniquingKeysWith: +)
    return Made(
      tickets: jobs.map { Ticket($0.job) },
      hasMore: due.count == DeliveryStatements.batch
        || shares.values.contains(DeliveryStatements.share))
  }
}

/// The jobs that deliver.
enum DeliveryJob {
  /// A job of the endpoint's owner, to be stored now. It is granted delivering and nothing else,
  /// whatever the owner's role allows.
  static func make(
    _ delivery: DueDelivery, for owner: Principal, content: SealedContent
  ) throws -> NewJob {
    let input: JSONValue = ["delivery": .string(delivery.id.description)]
    var options = JobOptions()
    // By which its step is counted among those that go there.
    options.webhook = delivery.webhook
    let role = Role(
      name: owner.role.name, targets: [TargetPattern(only: .webhookDelivery)],
      maximumPriority: owner.role.maximumPriority, weight: owner.role.weight)
    return try NewJob(
      JobRequest(target: .webhookDelivery, input: input, priority: .normal, options: options),
      by: Principal(user: owner.user, userName: owner.userName, token: owner.token, role: role),
      content: content)
  }
}
