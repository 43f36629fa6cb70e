/// Terms that jobs keep, and lists that find what is rare.
let migration0019 = """
  ALTER TABLE jobs
    -- How often a step may be tried.
    ADD COLUMN max_attempts smallint,
    -- A deadline that was a length of time, for whoever does the job again.
    ADD COLUMN deadline_ms bigint,
    -- The state of a job that has ended otherwise than by succeeding, for the index: one that names
    -- `state` would take each change of that off its page, and this is NULL for most jobs all along.
    ADD COLUMN unsuccessful_state smallint GENERATED ALWAYS AS (CASE WHEN state > 4 THEN state END) STORED;
  CREATE INDEX jobs_unsuccessful ON jobs (user_id, unsuccessful_state, id) WHERE unsuccessful_state IS NOT NULL;
  CREATE INDEX jobs_of_session ON jobs (user_id, session, id) WHERE session IS NOT NULL;
  CREATE INDEX jobs_again ON jobs (retry_of, id) WHERE retry_of IS NOT NULL;

  ALTER TABLE schedules ADD COLUMN max_attempts smallint;

  -- A user's steps that wait for a time, a session, a limit and the like. One that runs at once is
  -- never in it.
  CREATE INDEX steps_waiting ON steps (user_id, job_id) WHERE state IN (0, 2);

  -- What a `job.changed` tells: names of fields with a space between two.
  ALTER TABLE events ADD COLUMN changed text COLLATE "C";
  """
