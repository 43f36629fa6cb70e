public import FoundationEssentials
public import Jobs
public import Postgres

/// Deliveries: made by the ends of jobs, handed to jobs that deliver them, and what became of them.
public enum DeliveryStatements {
  /// A UUIDv7 of now.
  private static let newID: SQL =
    "(left(uuid_at(now())::text, 14) || '7' || substr(gen_random_uuid()::text, 16))::uuid"

  /// A delivery for each of the ended jobs and each endpoint that is told of it. For users without
  /// endpoints it is one look into an index.
  public static func make(_ ended: [(job: JobID, user: UserID, state: JobState)]) -> SQL {
    """
    INSERT INTO webhook_deliveries (id, webhook_id, user_id, event, job_id)
    SELECT \(newID),
      webhook.id, ended.user_id, 'job.' || ended.state, ended.id
    FROM unnest(\(ended.map(\.job.uuid)), \(ended.map(\.user.uuid)), \(ended.map(\.state.name)))
      AS ended(id, user_id, state)
    JOIN webhooks AS webhook ON webhook.user_id = ended.user_id AND webhook.disabled_at IS NULL
    WHERE 'job.' || ended.state = ANY(webhook.events) AND (webhook.all_jobs
      OR webhook.id = (SELECT webhook_id FROM jobs WHERE jobs.id = ended.id))
    """
  }

  /// A delivery of a batch's end for each endpoint that is told of all that its user's jobs do.
  public static func make(_ batch: BatchID) -> SQL {
    """
    INSERT INTO webhook_deliveries (id, webhook_id, user_id, event, batch_id)
    SELECT \(newID),
      webhook.id, ended.user_id, \(WebhookEvent.batchCompleted.rawValue), ended.id
    FROM batches AS ended
    JOIN webhooks AS webhook ON webhook.user_id = ended.user_id AND webhook.disabled_at IS NULL
    WHERE ended.id = \(batch.uuid) AND webhook.all_jobs
      AND \(WebhookEvent.batchCompleted.rawValue) = ANY(webhook.events)
    """
  }

  /// Some deliveries that no job has, locked, for ``DueDelivery``: of each endpoint a ``share`` of the
  /// oldest, those first of the endpoint that waits longest. An endpoint is passed over while its
  /// limit holds as many steps. Their endpoints are locked, too: a change of one either comes first,
  /// or finds the jobs that are made of these.
  public static let due: SQL = """
    WITH RECURSIVE endpoint (id) AS (
      (SELECT webhook_id FROM webhook_deliveries
        WHERE delivery_job_id IS NULL AND failed_at IS NULL ORDER BY webhook_id LIMIT 1)
      UNION ALL
      SELECT (SELECT next.webhook_id FROM webhook_deliveries AS next
        WHERE next.delivery_job_id IS NULL AND next.failed_at IS NULL
          AND next.webhook_id > endpoint.id ORDER BY next.webhook_id LIMIT 1)
      FROM endpoint WHERE endpoint.id IS NOT NULL
    ), fit AS MATERIALIZED (
      SELECT endpoint.id FROM endpoint
      WHERE endpoint.id IS NOT NULL AND \(unsafeRaw: String(share)) > (
        SELECT count(*) FROM (SELECT FROM steps
          WHERE state = 2 AND held_by = ANY(ARRAY[
            'limit:webhook:' || endpoint.id::text, 'pause:webhook:' || endpoint.id::text])
          LIMIT \(unsafeRaw: String(share))) AS held)
      ORDER BY (SELECT oldest.created_at FROM webhook_deliveries AS oldest
        WHERE oldest.webhook_id = endpoint.id AND oldest.delivery_job_id IS NULL
          AND oldest.failed_at IS NULL ORDER BY oldest.created_at LIMIT 1)
    ), due AS MATERIALIZED (
      SELECT next.* FROM fit CROSS JOIN LATERAL (
        SELECT id, webhook_id, user_id FROM webhook_deliveries AS delivery
        WHERE delivery.webhook_id = fit.id AND delivery.delivery_job_id IS NULL
          AND delivery.failed_at IS NULL
        ORDER BY delivery.created_at LIMIT \(unsafeRaw: String(share)) FOR UPDATE SKIP LOCKED) AS next
      LIMIT \(unsafeRaw: String(batch))
    ), webhook AS MATERIALIZED (
      SELECT id, token_id, disabled_at FROM webhooks WHERE id IN (SELECT webhook_id FROM due)
      ORDER BY id FOR NO KEY UPDATE
    )
    SELECT due.*, webhook.token_id, webhook.disabled_at IS NOT NULL AS is_disabled,
      users.name AS user_name, roles.name AS role, roles.targets, roles.maximum_priority,
      roles.may_operate, roles.weight,
      users.disabled_at IS NOT NULL OR tokens.revoked_at IS NOT NULL AS is_revoked
    FROM due LEFT JOIN webhook ON webhook.id = due.webhook_id
    JOIN users ON users.id = due.user_id JOIN roles ON roles.name = users.role
    LEFT JOIN tokens ON tokens.id = webhook.token_id
    """

  /// The most rows of ``due``.
  public static let batch = 64

  /// The most of them that are of one endpoint.
  public static let share = 16

  /// Has the live jobs that deliver to a locked endpoint depend on the principal's token from now
  /// on, as the endpoint does.
  public static func takeOver(_ webhook: WebhookID, by principal: Principal) -> SQL {
    """
    WITH waiting AS MATERIALIZED (
      SELECT jobs.id FROM webhook_deliveries AS delivery
      JOIN jobs ON jobs.id = delivery.delivery_job_id
      WHERE delivery.webhook_id = \(webhook.uuid) AND delivery.delivered_at IS NULL
        AND delivery.failed_at IS NULL AND jobs.state < 4
        AND jobs.token_id <> \(principal.token.uuid)
      ORDER BY jobs.id FOR UPDATE OF jobs
    )
    UPDATE jobs SET token_id = \(principal.token.uuid) FROM waiting WHERE jobs.id = waiting.id
    """
  }

  /// Hands locked deliveries to the jobs that deliver them.
  public static func assign(_ jobs: [(delivery: DeliveryID, job: JobID)]) -> SQL {
    """
    UPDATE webhook_deliveries AS delivery SET delivery_job_id = t.job_id
    FROM unnest(\(jobs.map(\.delivery.uuid)), \(jobs.map(\.job.uuid))) AS t(id, job_id)
    WHERE delivery.id = t.id
    """
  }

  /// Gives up locked deliveries that no job has.
  ///
  /// - Parameter deliveries: Each with a word that says why.
  public static func giveUp(_ deliveries: [(delivery: DeliveryID, code: String)]) -> SQL {
    """
    UPDATE webhook_deliveries AS delivery SET failed_at = now(), last_error = t.code
    FROM unnest(\(deliveries.map(\.delivery.uuid)), \(deliveries.map(\.code))) AS t(id, code)
    WHERE delivery.id = t.id
    """
  }

  /// Whether a job is the one that delivers: it was made for it, or the one before it is over.
  private static func belongs(to job: JobID) -> SQL {
    """
    coalesce(delivery.delivery_job_id = \(job.uuid) OR EXISTS (
      SELECT FROM jobs WHERE jobs.id = delivery.delivery_job_id AND jobs.state >= 4), false)
    """
  }

  /// A delivery of a user with its endpoint, and the secrets to sign it with, the present one first:
  /// two statements, for ``OpenDelivery``.
  public static func open(_ delivery: DeliveryID, of user: UserID, by job: JobID) -> [SQL] {
    let columns: SQL = """
      SELECT delivery.event, delivery.job_id, delivery.batch_id, delivery.created_at, delivery.last_status,
        delivery.delivered_at IS NOT NULL AS is_delivered, webhook.id AS webhook_id, webhook.url,
        webhook.disabled_at IS NOT NULL AS is_disabled,
      """
    let rest: SQL = """
       AS is_ours
      FROM webhook_deliveries AS delivery
      LEFT JOIN webhooks AS webhook ON webhook.id = delivery.webhook_id
      WHERE delivery.id = \(delivery.uuid) AND delivery.user_id = \(user.uuid)
      """
    return [
      columns + " " + belongs(to: job) + rest,
      """
      SELECT secret.id, secret.secret FROM webhook_deliveries AS delivery
      JOIN webhook_secrets AS secret ON secret.webhook_id = delivery.webhook_id
      WHERE delivery.id = \(delivery.uuid) AND delivery.user_id = \(user.uuid)
        AND (secret.expires_at IS NULL OR secret.expires_at > now())
      ORDER BY secret.expires_at DESC NULLS FIRST
      """,
    ]
  }

  /// The step of a run, locked; no row once the step is over or somebody else has begun it again.
  /// What a worker writes that was stopped for longer than its lease must not count.
  private static func held(by run: StepRun) -> SQL {
    """
    WITH held AS MATERIALIZED (
      SELECT id FROM steps
      WHERE id = \(run.step.uuid) AND state = 3 AND runs = \(Int32(clamping: run.run)) FOR UPDATE
    )
    """
  }

  /// Notes an attempt of the job that delivers, while the run is its step's. Column: `id`; no row
  /// when it is not.
  ///
  /// - Parameters:
  ///   - status: Of the receiver's answer; `nil` without one.
  ///   - error: Why it was not taken; `nil` when it was.
  ///   - isFinal: Whether nobody will try again.
  public static func note(
    _ delivery: DeliveryID, by run: StepRun, began: Date, status: Int?, error: String?,
    isFinal: Bool
  ) -> SQL {
    let noted: SQL = """
      , noted AS (
        UPDATE webhook_deliveries AS delivery SET attempts = attempts + 1, attempted_at = \(began),
          last_status = \(status.map { Int32(clamping: $0) }), last_error = \(error),
          delivered_at = CASE WHEN \(error)::text IS NULL THEN now() END,
          failed_at = CASE WHEN \(error)::text IS NOT NULL AND \(isFinal) THEN now() END,
          delivery_job_id = \(run.job.uuid)
        FROM held WHERE delivery.id = \(delivery.uuid) AND \(belongs(to: run.job))
        RETURNING delivery.id
      )
      """
    return held(by: run) + noted + " SELECT id FROM noted"
  }

  /// Tells an endpoint nothing more, audited, if it still has the sealed URL that the attempt of a run
  /// went to, and the run is going on. By itself: whoever changes an endpoint may wait for jobs behind
  /// its lock, and whoever has locked a step must not wait for the endpoint.
  public static func disable(_ webhook: WebhookID, at url: [UInt8], by run: StepRun) -> SQL {
    WebhookStatements.disable(
      webhook, .gone,
      if: """
        url = \(url) AND EXISTS (SELECT FROM steps WHERE steps.id = \(run.step.uuid)
          AND state = 3 AND runs = \(Int32(clamping: run.run)))
        """)
  }

  /// Gives up a delivery of the job that delivers, without an attempt, while the run is its step's.
  /// Column: `id`; no row when it is not.
  ///
  /// - Parameter code: A word that says why.
  public static func giveUp(_ delivery: DeliveryID, by run: StepRun, _ code: String) -> SQL {
    let change: SQL = """
       UPDATE webhook_deliveries AS delivery SET failed_at = now(), last_error = \(code),
        delivery_job_id = \(run.job.uuid)
      FROM held WHERE delivery.id = \(delivery.uuid) AND \(belongs(to: run.job))
      RETURNING delivery.id
      """
    return held(by: run) + change
  }

  /// Whether a webhook is still to be told of a job or a batch.
  static func isPending(of id: SQL) -> SQL {
    """
    EXISTS (SELECT FROM webhook_deliveries AS delivery
      WHERE coalesce(delivery.job_id, delivery.batch_id) = \(id)
        AND delivery.delivered_at IS NULL AND delivery.failed_at IS NULL
        AND (delivery.delivery_job_id IS NULL OR EXISTS (SELECT FROM jobs AS teller
          WHERE teller.id = delivery.delivery_job_id AND teller.state < 4)))
    """
  }

  /// The deliveries of a user's endpoint, the newest first, for ``read(_:)``.
  ///
  /// - Parameter before: Only those that are older; `nil` for all.
  public static func list(
    of webhook: WebhookID, user: UserID, limit: Int, before: DeliveryID?
  ) -> SQL {
    let rest: SQL = """
       WHERE delivery.webhook_id = \(webhook.uuid) AND delivery.user_id = \(user.uuid)
        AND (\(before?.uuid)::uuid IS NULL OR delivery.id < \(before?.uuid))
      ORDER BY delivery.id DESC LIMIT \(Int64(limit))
      """
    return selection + rest
  }

  /// A delivery of a user's endpoint, for ``read(_:)``.
  public static func find(_ delivery: DeliveryID, of webhook: WebhookID, user: UserID) -> SQL {
    let rest: SQL = """
       WHERE delivery.id = \(delivery.uuid) AND delivery.webhook_id = \(webhook.uuid)
        AND delivery.user_id = \(user.uuid)
      """
    return selection + rest
  }

  // Where its job is over without an end of the delivery, that was stopped, or died in a worker.
  private static let selection: SQL = """
    SELECT delivery.*, ended.code AS end_code,
      (delivery.failed_at IS NOT NULL OR ended.code IS NOT NULL) AS has_failed, (
      SELECT steps.ready_at FROM steps
      WHERE steps.job_id = delivery.delivery_job_id AND steps.state = 0
      ORDER BY steps.index LIMIT 1) AS next_attempt_at
    FROM webhook_deliveries AS delivery
    LEFT JOIN LATERAL (
      SELECT coalesce(jobs.stop_code, (
          SELECT steps.error_code FROM steps WHERE steps.job_id = jobs.id
          ORDER BY steps.index DESC LIMIT 1), 'unknown') AS code
      FROM jobs WHERE jobs.id = delivery.delivery_job_id AND jobs.state >= 4
        AND delivery.delivered_at IS NULL AND delivery.failed_at IS NULL) AS ended ON true
    """

  /// Reads rows of the statements above.
  public static func read(_ rows: [Row]) throws -> [DeliveryRecord] {
    try rows.map(DeliveryRecord.init)
  }

  /// Lets a delivery be sent again by a new job, audited; the job that has it then sends it no
  /// more.
  public static func replay(
    _ delivery: DeliveryID, of webhook: WebhookID, by principal: Principal
  ) -> SQL {
    """
    WITH replayed AS (
      UPDATE webhook_deliveries SET delivery_job_id = NULL, delivered_at = NULL, failed_at = NULL
      WHERE id = \(delivery.uuid) AND webhook_id = \(webhook.uuid)
        AND user_id = \(principal.user.uuid)
      RETURNING id
    )
    INSERT INTO audit_log (user_id, token_id, action, subject, outcome)
    SELECT \(principal.user.uuid), \(principal.token.uuid), 'webhook.replay', id::text, 'done'
    FROM replayed
    """
  }

  /// Forgets some deliveries that are older than 30 days.
  public static let forget: SQL = """
    DELETE FROM webhook_deliveries WHERE id IN (
      SELECT id FROM webhook_deliveries WHERE id < uuid_at(now() - interval '30 days')
      ORDER BY id LIMIT 1024)
    """
}
