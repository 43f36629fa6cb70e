/// Ageing: how long steps of a pool should wait at most, and since when the first of a lane does.
let migration0014 = """
  ALTER TABLE pools ADD COLUMN target_wait_ms bigint CHECK (target_wait_ms > 0);

  -- Since when the step with the smallest ready rank has been ready, sampled with it.
  ALTER TABLE lane_floors ADD COLUMN ready_at timestamptz;
  """
