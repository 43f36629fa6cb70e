/// Redriven: which job does a dead step again.
let migration0018 = """
  -- Set with settled_at, by a redrive or by a retry of its owner; NULL for a step that was dropped,
  -- and for one that was settled before this migration.
  ALTER TABLE steps ADD COLUMN redriven_as uuid;
  """
