/// Steady: since when the database has answered, as all gateways have seen it.
let migration0009 = """
  -- One row. A node that has just started knows by it that workers could renew their leases.
  CREATE TABLE database_watch (
    id boolean PRIMARY KEY DEFAULT true CHECK (id),
    steady_since timestamptz NOT NULL,
    seen_at timestamptz NOT NULL
  ) WITH (fillfactor = 10, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_scale_factor = 0);
  """
