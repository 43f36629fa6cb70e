import Postgres

extension Checker {
  /// What must have no row, by what it would be.
  static let contradictions: [(String, SQL)] = [
    (
      "jobs wait for nothing",
      """
      jobs WHERE state < 4 AND NOT EXISTS (
        SELECT FROM steps WHERE steps.job_id = jobs.id AND steps.state < 4)
      """
    ),
    (
      "jobs have a wrong count of open steps",
      """
      jobs WHERE open <> (
        SELECT count(*) FROM steps WHERE steps.job_id = jobs.id AND steps.state < 4)
      """
    ),
    (
      "jobs have a gap in their seq",
      """
      jobs LEFT JOIN (
        SELECT job_id, count(*) AS n, min(seq) AS low, max(seq) AS high FROM events GROUP BY job_id
      ) AS history ON history.job_id = jobs.id
      WHERE history.n IS NULL OR low <> 1 OR high <> n OR high <> last_seq
      """
    ),
    (
      "jobs ended otherwise than their last event says",
      """
      jobs JOIN events ON events.job_id = jobs.id AND events.seq = jobs.last_seq
      WHERE jobs.state >= 4 AND events.type <> jobs.state + 1
      """
    ),
    (
      "jobs are over, and a deadline or a unique key still names them",
      """
      jobs WHERE state >= 4 AND (expires_at IS NOT NULL
        OR unique_key IS NOT NULL AND (unique_until IS NULL OR unique_until < now()))
      """
    ),
    (
      "steps are held for no reason",
      """
      steps WHERE state = 2 AND (held_by IS NULL
        OR held_by = 'child' AND NOT EXISTS (SELECT FROM children WHERE step_id = steps.id))
      """
    ),
    (
      "delegated jobs are over and not taken in, or are not there",
      """
      children LEFT JOIN jobs ON jobs.id = children.job_id
      WHERE jobs.id IS NULL OR jobs.finished_at < now() - interval '5 s'
      """
    ),
    (
      "delegated jobs are waited for by no step",
      """
      children LEFT JOIN steps ON steps.id = children.step_id
        LEFT JOIN jobs ON jobs.id = children.job_id
      WHERE jobs.state < 4 AND jobs.cancel_at IS NULL
        AND (steps.state IS DISTINCT FROM 2 OR steps.held_by IS DISTINCT FROM 'child')
      """
    ),
    (
      "sessions have a wrong count of live jobs",
      """
      sessions WHERE live <> (SELECT count(*) FROM session_jobs AS live
        WHERE live.user_id = sessions.user_id AND live.session = sessions.name)
      """
    ),
    (
      "jobs are over and still in their session, or live and not in it",
      """
      jobs FULL JOIN session_jobs AS place ON place.job_id = jobs.id
      WHERE (jobs.session IS NOT NULL OR place.job_id IS NOT NULL)
        AND (jobs.state < 4) IS DISTINCT FROM (place.job_id IS NOT NULL)
      """
    ),
    (
      "sessions have a held first job",
      """
      session_jobs AS first JOIN steps ON steps.job_id = first.job_id
      WHERE steps.state = 2 AND steps.held_by = 'session' AND NOT EXISTS (
        SELECT FROM session_jobs AS before WHERE before.user_id = first.user_id
          AND before.session = first.session AND before.position < first.position)
      """
    ),
    (
      "steps have two slots of one limit",
      """
      (SELECT 1 FROM limit_slots WHERE step_id IS NOT NULL
        GROUP BY key, step_id, claim_id HAVING count(*) > 1) AS twice
      """
    ),
    (
      "limits are held that are free",
      """
      steps JOIN limits ON steps.held_by = 'limit:' || limits.key
      WHERE steps.state = 2 AND limits.maximum > (SELECT count(*) FROM limit_slots AS slot
        JOIN steps AS running ON running.id = slot.step_id AND running.state = 3
          AND running.claim_id = slot.claim_id
        WHERE slot.key = limits.key)
      """
    ),
    ("tickets are left in the outbox", "outbox WHERE step_id < uuid_at(now() - interval '60 s')"),
  ]
}
