/// Order: fair ranks, delays, deadlines, sessions, unique jobs.
///
/// Columns of `jobs` that an index names are cleared as a job ends, so that the indexes hold live
/// jobs only, and no index names `state`: updates of jobs without such columns stay on their page.
let migration0004 = """
  -- A role's share among users of one lane.
  ALTER TABLE roles ADD COLUMN weight smallint NOT NULL DEFAULT 1 CHECK (weight BETWEEN 1 AND 100);

  ALTER TABLE jobs
    ADD COLUMN weight smallint NOT NULL DEFAULT 1,
    ADD COLUMN run_at timestamptz,
    -- For the job and all that it delegates.
    ADD COLUMN deadline_at timestamptz,
    ADD COLUMN start_by timestamptz,
    -- When the sooner of the two has to be looked at.
    ADD COLUMN expires_at timestamptz,
    ADD COLUMN step_timeout_ms integer,
    ADD COLUMN idle_timeout_ms integer,
    -- Why it was stopped: the codes of JobStop.
    ADD COLUMN stop_code text,
    ADD COLUMN parent_id uuid,
    ADD COLUMN depth smallint NOT NULL DEFAULT 0,
    ADD COLUMN delegations integer NOT NULL DEFAULT 0,
    ADD COLUMN session text COLLATE "C",
    ADD COLUMN unique_key text COLLATE "C",
    ADD COLUMN unique_until timestamptz;
  CREATE INDEX jobs_expiring ON jobs (expires_at) WHERE expires_at IS NOT NULL;
  CREATE UNIQUE INDEX jobs_unique ON jobs (user_id, unique_key) WHERE unique_key IS NOT NULL;
  CREATE INDEX jobs_unique_until ON jobs (unique_until)
    WHERE unique_until IS NOT NULL AND unique_key IS NOT NULL;

  -- A session's jobs run one after the other, in the order of their positions.
  CREATE TABLE sessions (
    user_id uuid NOT NULL,
    name text COLLATE "C" NOT NULL,
    last_position bigint NOT NULL,
    live integer NOT NULL CHECK (live >= 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    seen_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, name)
  ) WITH (fillfactor = 70);
  CREATE INDEX sessions_live ON sessions (seen_at) WHERE live > 0;

  -- The live jobs of sessions: the one with the smallest position may run.
  CREATE TABLE session_jobs (
    user_id uuid NOT NULL,
    session text COLLATE "C" NOT NULL,
    position bigint NOT NULL,
    job_id uuid NOT NULL UNIQUE,
    PRIMARY KEY (user_id, session, position)
  );

  -- Why a held step may not be ready yet: session, limit:<key>, pause:<key>.
  ALTER TABLE steps ADD COLUMN held_by text COLLATE "C";
  DROP INDEX steps_held;
  CREATE INDEX steps_held ON steps (held_by, rank, id) WHERE state = 2;

  -- The last of a user's steps in a lane, from which the rank of the next one follows; those that run
  -- count, too. Suspects are left out, for no plan shall walk it to find them.
  CREATE INDEX steps_flow ON steps (user_id, pool, priority, rank)
    WHERE state IN (1, 3) AND NOT is_suspect;

  -- Delegated jobs whose end the job above them has not taken in yet.
  CREATE TABLE children (
    job_id uuid PRIMARY KEY,
    parent_id uuid NOT NULL,
    step_id uuid NOT NULL UNIQUE,
    on_failure smallint NOT NULL
  );
  CREATE INDEX children_of_parent ON children (parent_id);
  CREATE INDEX jobs_of_tree ON jobs (root_id, id) WHERE root_id <> id;

  -- A lower bound of the smallest ready rank of each lane, sampled some times a second; no row, or
  -- no rank, for a lane where nothing is ready.
  CREATE TABLE lane_floors (
    pool text COLLATE "C" NOT NULL,
    priority smallint NOT NULL,
    rank bigint,
    PRIMARY KEY (pool, priority)
  ) WITH (fillfactor = 20, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_scale_factor = 0);
  """
