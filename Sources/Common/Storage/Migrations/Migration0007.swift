/// Schedules: jobs that are made at the ticks of cron expressions.
let migration0007 = """
  CREATE TABLE schedules (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL,
    token_id uuid NOT NULL,
    name text COLLATE "C" NOT NULL,
    cron text NOT NULL,
    time_zone text NOT NULL,
    target text COLLATE "C" NOT NULL,
    priority smallint NOT NULL,
    input sealed NOT NULL,
    session text COLLATE "C",
    deadline_ms bigint,
    misfire smallint NOT NULL,
    misfire_window_ms bigint NOT NULL,
    overlap smallint NOT NULL,
    is_paused boolean NOT NULL DEFAULT false,
    next_at timestamptz,
    last_at timestamptz,
    last_job uuid,
    last_outcome text,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (user_id, name)
  );
  CREATE INDEX schedules_due ON schedules (next_at) WHERE NOT is_paused AND next_at IS NOT NULL;

  -- What became of each tick: that a tick fires once is this key.
  CREATE TABLE schedule_ticks (
    schedule_id uuid NOT NULL,
    tick timestamptz NOT NULL,
    job_id uuid,
    outcome text NOT NULL,
    decided_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (schedule_id, tick)
  );
  CREATE INDEX schedule_ticks_decided ON schedule_ticks (decided_at);
  """
