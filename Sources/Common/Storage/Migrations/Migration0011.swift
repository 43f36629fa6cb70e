/// Orphans: jobs that are not over and have no step to come.
let migration0011 = """
  -- One row: the walk over live jobs that all gateways make together, a batch at a time, and what the
  -- last walk that came to its end has told.
  CREATE TABLE orphan_sweep (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    -- When the next batch may be taken; later while somebody has one.
    next_at timestamptz NOT NULL DEFAULT now(),
    claim_id uuid,
    -- The last job that was walked over, and what was seen so far.
    position uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    first_live uuid,
    seen bigint NOT NULL DEFAULT 0,
    found bigint NOT NULL DEFAULT 0,
    found_jobs uuid[] NOT NULL DEFAULT '{}',
    -- The last whole walk.
    looked_at bigint NOT NULL DEFAULT 0,
    orphans bigint NOT NULL DEFAULT 0,
    orphan_jobs uuid[] NOT NULL DEFAULT '{}',
    swept_at timestamptz
  ) WITH (fillfactor = 20, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_scale_factor = 0);
  INSERT INTO orphan_sweep DEFAULT VALUES;
  """
