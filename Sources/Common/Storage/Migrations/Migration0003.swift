/// Effects: what skills that may not be repeated were about to do.
let migration0003 = """
  -- One row for each step whose unsafe skill was begun, written before it was called: no step is
  -- begun twice. The claim is that of the attempt that began it.
  CREATE TABLE effects (
    step_id uuid PRIMARY KEY,
    job_id uuid NOT NULL,
    user_id uuid NOT NULL,
    claim_id uuid NOT NULL,
    attempt smallint NOT NULL,
    request_hash bytea NOT NULL CHECK (octet_length(request_hash) = 32),
    state smallint NOT NULL,
    started_at timestamptz NOT NULL,
    finished_at timestamptz
  ) WITH (fillfactor = 80);
  """
