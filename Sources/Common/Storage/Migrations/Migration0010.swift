/// Batches: sets of jobs with an end of their own.
let migration0010 = """
  CREATE TABLE batches (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL,
    token_id uuid NOT NULL,
    name text COLLATE "C",
    idempotency_key text COLLATE "C",
    request_hash bytea NOT NULL,
    state smallint NOT NULL DEFAULT 0,
    total integer NOT NULL DEFAULT 0,
    succeeded integer NOT NULL DEFAULT 0,
    failed integer NOT NULL DEFAULT 0,
    cancelled integer NOT NULL DEFAULT 0,
    expired integer NOT NULL DEFAULT 0,
    callback_target text COLLATE "C",
    callback_input sealed,
    callback_priority smallint,
    callback_condition smallint NOT NULL DEFAULT 0,
    callback_job uuid,
    callback_outcome text,
    cancel_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    closed_at timestamptz,
    finished_at timestamptz
  ) WITH (fillfactor = 50);
  CREATE INDEX batches_of_user ON batches (user_id, id);
  CREATE UNIQUE INDEX batches_idempotency ON batches (user_id, idempotency_key)
    WHERE idempotency_key IS NOT NULL;
  CREATE INDEX batches_closed ON batches (id) WHERE state = 1;
  CREATE INDEX batches_cancelled ON batches (id) WHERE cancel_at IS NOT NULL AND state < 2;

  ALTER TABLE jobs ADD COLUMN batch_id uuid;
  CREATE INDEX jobs_of_batch ON jobs (batch_id, id) WHERE batch_id IS NOT NULL;

  -- Ends of jobs that their batch has not counted yet. Whoever ends a job only adds a row, so that
  -- the jobs of a batch do not wait for each other.
  CREATE TABLE batch_ends (
    job_id uuid PRIMARY KEY,
    batch_id uuid NOT NULL,
    state smallint NOT NULL
  );
  CREATE INDEX batch_ends_of_batch ON batch_ends (batch_id);
  """
