/// Dead letters: why steps are dead, without their sealed text, and whether somebody has settled it.
let migration0006 = """
  ALTER TABLE steps
    ADD COLUMN error_class text COLLATE "C",
    ADD COLUMN error_code text COLLATE "C",
    -- When it was redriven or dropped.
    ADD COLUMN settled_at timestamptz;
  ALTER TABLE jobs ADD COLUMN redrive_of uuid;

  -- Those that nobody has settled; calls that were refused before a worker had them left out.
  DROP INDEX steps_dead;
  CREATE INDEX steps_dead ON steps (pool, priority, id)
    WHERE state = 5 AND settled_at IS NULL AND started_at IS NOT NULL;
  """
