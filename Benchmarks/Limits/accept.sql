-- For pgbench, the variable jobs: so many jobs with all that accepting writes, in one transaction,
-- with nothing to transport.
WITH job AS (
  INSERT INTO jobs (id, user_id, token_id, root_id, target, priority, state, open, next_index,
    last_seq, grants, reply_key, request_hash, input, created_at)
  SELECT gen_random_uuid(), '0199c3a0-0000-7000-8000-000000000001',
    '0199c3a0-0000-7000-8000-000000000002', gen_random_uuid(), 'agent-main', 2, 1, 1, 1, 1, '*',
    '\x00112233445566778899aabbccddeeff',
    '\x00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff',
    convert_to(repeat('x', 430), 'UTF8'), now()
  FROM generate_series(1, :jobs)
  RETURNING id, user_id, token_id, target, priority
), step AS (
  INSERT INTO steps (id, job_id, user_id, index, kind, target, pool, priority, state, rank,
    ready_at, created_at)
  SELECT gen_random_uuid(), id, user_id, 0, 0, target, 'agent.main', priority, 1,
    CAST(extract(epoch FROM clock_timestamp()) * 1e6 AS bigint), now(), now()
  FROM job RETURNING id, job_id, pool, priority
), ticket AS (
  INSERT INTO outbox (step_id, job_id, pool, priority, not_before)
  SELECT id, job_id, pool, priority, now() + interval '5 s' FROM step
), event AS (
  INSERT INTO events (job_id, seq, at, type) SELECT id, 1, now(), 0 FROM job
)
INSERT INTO audit_log (user_id, token_id, action, subject, outcome)
SELECT user_id, token_id, 'job.enqueue', CAST(id AS text), 'accepted' FROM job;
