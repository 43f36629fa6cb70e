/// Signals: steps that wait for something to be told to their job.
let migration0008 = """
  -- Steps that are held for a signal, as long as they are. Those that start a job become ready by
  -- it; the others are calls, whose result is what came with it.
  CREATE TABLE signal_waits (
    step_id uuid PRIMARY KEY,
    job_id uuid NOT NULL,
    name text COLLATE "C" NOT NULL,
    starts_job boolean NOT NULL,
    expires_at timestamptz NOT NULL
  );
  CREATE INDEX signal_waits_of_job ON signal_waits (job_id, name, step_id);
  CREATE INDEX signal_waits_expiring ON signal_waits (expires_at);

  -- Signals that nothing has taken yet; each is taken by one step.
  CREATE TABLE signals (
    id uuid PRIMARY KEY,
    job_id uuid NOT NULL,
    name text COLLATE "C" NOT NULL,
    content sealed NOT NULL,
    -- Of the insert, which is under the lock of the job's row: the order in which they came.
    sent_at timestamptz NOT NULL DEFAULT clock_timestamp()
  );
  CREATE INDEX signals_of_job ON signals (job_id, name, id);
  """
