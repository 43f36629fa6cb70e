/// Reach: streams of text, cancelling and retrying by request, monitoring, scaling.
let migration0002 = """
  ALTER TABLE roles ADD COLUMN may_operate boolean NOT NULL DEFAULT false;
  UPDATE roles SET may_operate = true WHERE name = 'operator';

  -- Which job this one does again.
  ALTER TABLE jobs ADD COLUMN retry_of uuid;

  -- How often it was claimed, crashes and releases included: text of a lower run is void.
  ALTER TABLE steps ADD COLUMN runs integer NOT NULL DEFAULT 0;
  CREATE INDEX steps_dead ON steps (pool, priority) WHERE state = 5;
  CREATE INDEX steps_held ON steps (pool, priority) WHERE state = 2;

  -- What became of a step; and for text, which range of which run. Without content the text is
  -- that range of the step's output.
  ALTER TABLE events
    ADD COLUMN step_state smallint,
    ADD COLUMN attempt integer,
    ADD COLUMN position integer,
    ADD COLUMN length integer,
    ADD COLUMN content sealed;

  ALTER TABLE workers ADD COLUMN drain_at timestamptz;

  -- How many workers a pool shall have, and when somebody who acts on that last looked.
  CREATE TABLE pools (
    name text PRIMARY KEY,
    desired integer CHECK (desired BETWEEN 0 AND 256),
    changed_at timestamptz,
    managed_at timestamptz
  );

  -- The counters of each process since its start. The row of the nil UUID holds those of
  -- processes that are gone.
  CREATE TABLE telemetry (
    process_id uuid PRIMARY KEY,
    seen_at timestamptz NOT NULL DEFAULT now(),
    snapshot bytea NOT NULL
  ) WITH (fillfactor = 50);
  """
