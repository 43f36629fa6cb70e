/// The foundation: identity, jobs and steps, events, outbox, workers, audit.
///
/// States, priorities and types are the raw values of the enums in `Jobs`.
let migration0001 = """
  -- Bytes that only Sealer reads: version, key id, nonce, ciphertext, tag.
  CREATE DOMAIN sealed AS bytea CHECK (octet_length(VALUE) >= 33);

  -- Who ------------------------------------------------------------------------------------
  CREATE TABLE roles (
    name text PRIMARY KEY,
    targets text[] NOT NULL,
    maximum_priority smallint NOT NULL CHECK (maximum_priority BETWEEN 0 AND 3)
  );
  INSERT INTO roles VALUES
    ('operator', '{*}', 0),
    ('user', '{agent:*,skill:*}', 1),
    ('viewer', '{}', 3);

  CREATE TABLE users (
    id uuid PRIMARY KEY,
    name text NOT NULL UNIQUE,
    role text NOT NULL REFERENCES roles,
    created_at timestamptz NOT NULL DEFAULT now(),
    disabled_at timestamptz
  );

  CREATE TABLE tokens (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users,
    name text NOT NULL,
    hash bytea NOT NULL UNIQUE CHECK (octet_length(hash) = 32),
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz
  );
  CREATE INDEX tokens_of_user ON tokens (user_id);

  -- What the workers can do ----------------------------------------------------------------
  CREATE TABLE capabilities (
    target text PRIMARY KEY,
    pool text NOT NULL,
    definition jsonb NOT NULL,
    announced_at timestamptz NOT NULL DEFAULT now()
  );

  CREATE TABLE workers (
    id uuid PRIMARY KEY,
    pools text[] NOT NULL,
    concurrency integer NOT NULL,
    host text NOT NULL,
    pid integer NOT NULL,
    version text NOT NULL,
    busy integer NOT NULL DEFAULT 0,
    is_draining boolean NOT NULL DEFAULT false,
    started_at timestamptz NOT NULL DEFAULT now(),
    seen_at timestamptz NOT NULL DEFAULT now()
  );

  -- Work: hot tables. No foreign keys, and no index on a column that a claim changes other than
  -- the partial ones that name a state. -----------------------------------------------------
  CREATE TABLE jobs (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL,
    token_id uuid NOT NULL,
    root_id uuid NOT NULL,
    parent_step_id uuid,
    target text COLLATE "C" NOT NULL,
    priority smallint NOT NULL,
    state smallint NOT NULL,
    open integer NOT NULL CHECK (open >= 0),
    next_index integer NOT NULL,
    last_seq bigint NOT NULL,
    grants text NOT NULL,
    reply_key bytea NOT NULL,
    idempotency_key text COLLATE "C",
    request_hash bytea NOT NULL,
    cancel_at timestamptz,
    input sealed NOT NULL,
    result sealed,
    error sealed,
    created_at timestamptz NOT NULL,
    started_at timestamptz,
    finished_at timestamptz
  ) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02,
    autovacuum_vacuum_cost_delay = 0);
  CREATE UNIQUE INDEX jobs_idempotency ON jobs (user_id, idempotency_key)
    WHERE idempotency_key IS NOT NULL;
  CREATE INDEX jobs_of_user ON jobs (user_id, id);
  CREATE INDEX jobs_with_key ON jobs (created_at) WHERE idempotency_key IS NOT NULL;

  CREATE TABLE steps (
    id uuid PRIMARY KEY,
    job_id uuid NOT NULL,
    user_id uuid NOT NULL,
    index integer NOT NULL,
    turn integer,
    call_id text,
    kind smallint NOT NULL,
    target text COLLATE "C" NOT NULL,
    pool text COLLATE "C" NOT NULL,
    priority smallint NOT NULL,
    state smallint NOT NULL,
    rank bigint NOT NULL,
    attempt smallint NOT NULL DEFAULT 0,
    crashes smallint NOT NULL DEFAULT 0,
    is_suspect boolean NOT NULL DEFAULT false,
    claim_id uuid,
    worker_id uuid,
    lease_until timestamptz,
    ready_at timestamptz,
    input sealed,
    output sealed,
    error sealed,
    created_at timestamptz NOT NULL,
    started_at timestamptz,
    finished_at timestamptz
  ) WITH (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.01,
    autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
  CREATE INDEX steps_ready ON steps (pool, priority, rank, id) WHERE state = 1;
  CREATE INDEX steps_suspect ON steps (pool, rank) WHERE state = 1 AND is_suspect;
  CREATE INDEX steps_running ON steps (id) WHERE state = 3;
  CREATE INDEX steps_due ON steps (ready_at) WHERE state = 0;
  CREATE INDEX steps_of_job ON steps (job_id, index);

  CREATE TABLE outbox (
    step_id uuid PRIMARY KEY,
    job_id uuid NOT NULL,
    pool text COLLATE "C" NOT NULL,
    priority smallint NOT NULL,
    not_before timestamptz NOT NULL
  ) WITH (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000,
    autovacuum_vacuum_cost_delay = 0);
  CREATE INDEX outbox_due ON outbox (not_before);

  -- History, partitioned. Events lie with their job: UUIDv7 ids carry the time. ---------------
  CREATE TABLE events (
    job_id uuid NOT NULL,
    seq bigint NOT NULL,
    at timestamptz NOT NULL,
    type smallint NOT NULL,
    step_id uuid,
    PRIMARY KEY (job_id, seq)
  ) PARTITION BY RANGE (job_id);
  CREATE TABLE events_default PARTITION OF events DEFAULT;

  CREATE TABLE audit_log (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    at timestamptz NOT NULL DEFAULT now(),
    user_id uuid,
    token_id uuid,
    action text NOT NULL,
    subject text NOT NULL,
    outcome text NOT NULL,
    detail jsonb,
    PRIMARY KEY (at, id)
  ) PARTITION BY RANGE (at);
  CREATE TABLE audit_log_default PARTITION OF audit_log DEFAULT;

  -- The smallest UUIDv7 of an instant.
  CREATE FUNCTION uuid_at(instant timestamptz) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT (lpad(to_hex((extract(epoch FROM instant) * 1000)::bigint), 12, '0')
      || '00000000000000000000')::uuid
  $$;

  -- Makes the weekly partitions of events and the monthly ones of audit_log that begin before
  -- the given time; answers how many it made. Safe to call at any time, from any node.
  CREATE FUNCTION make_partitions(until timestamptz) RETURNS integer LANGUAGE plpgsql AS $$
  DECLARE
    lower timestamptz := date_trunc('week', now(), 'UTC');
    upper timestamptz;
    part text;
    made integer := 0;
  BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('openclaw.make_partitions'));
    WHILE lower < until LOOP
      upper := lower + interval '7 days';
      part := 'events_' || to_char(lower AT TIME ZONE 'UTC', 'YYYYMMDD');
      IF to_regclass(part) IS NULL THEN
        EXECUTE format('CREATE TABLE %I PARTITION OF events FOR VALUES FROM (%L) TO (%L)',
          part, uuid_at(lower), uuid_at(upper));
        made := made + 1;
      END IF;
      lower := upper;
    END LOOP;
    lower := date_trunc('month', now(), 'UTC');
    WHILE lower < until LOOP
      upper := date_trunc('month', lower + interval '40 days', 'UTC');
      part := 'audit_log_' || to_char(lower AT TIME ZONE 'UTC', 'YYYYMM');
      IF to_regclass(part) IS NULL THEN
        EXECUTE format('CREATE TABLE %I PARTITION OF audit_log FOR VALUES FROM (%L) TO (%L)',
          part, lower, upper);
        made := made + 1;
      END IF;
      lower := upper;
    END LOOP;
    RETURN made;
  END $$;
  SELECT make_partitions(now() + interval '5 weeks');
  """
