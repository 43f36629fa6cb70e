/// Retention: partitions that have had their time are dropped.
let migration0012 = """
  -- Drops the oldest partition of events or audit_log that ends before the given time, if there is
  -- one; answers which table it was part of, and about how many rows it had. `NULL` keeps all. Weeks
  -- that still have a job stay. While the table cannot be locked at once, nothing is done, as all who
  -- write to it would wait behind us. Safe to call at any time, from any node.
  CREATE FUNCTION drop_partition(jobs_before timestamptz, audit_before timestamptz)
  RETURNS TABLE (parent text, rows bigint) LANGUAGE plpgsql SET lock_timeout = '100ms' AS $$
  DECLARE
    part record;
    lower timestamptz;
  BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtext('openclaw.drop_partition')) THEN RETURN; END IF;
    FOR part IN
      SELECT child.relname AS name, top.relname AS parent, greatest(child.reltuples, 0)::bigint AS rows
      FROM pg_inherits JOIN pg_class AS child ON child.oid = pg_inherits.inhrelid
      JOIN pg_class AS top ON top.oid = pg_inherits.inhparent
      WHERE pg_inherits.inhparent IN ('events'::regclass, 'audit_log'::regclass)
        AND child.relname ~ '^(events_[0-9]{8}|audit_log_[0-9]{6})$'
      ORDER BY child.relname
    LOOP
      IF part.parent = 'events' THEN
        lower := to_date(right(part.name, 8), 'YYYYMMDD')::timestamp AT TIME ZONE 'UTC';
        CONTINUE WHEN jobs_before IS NULL OR lower + interval '7 days' > jobs_before;
        PERFORM FROM jobs
          WHERE jobs.id >= uuid_at(lower) AND jobs.id < uuid_at(lower + interval '7 days') LIMIT 1;
        CONTINUE WHEN FOUND;
      ELSE
        lower := to_date(right(part.name, 6), 'YYYYMM')::timestamp AT TIME ZONE 'UTC';
        CONTINUE WHEN audit_before IS NULL
          OR date_trunc('month', lower + interval '40 days', 'UTC') > audit_before;
      END IF;
      EXECUTE format('DROP TABLE %I', part.name);
      parent := part.parent;
      rows := part.rows;
      RETURN NEXT;
      RETURN;
    END LOOP;
  EXCEPTION WHEN lock_not_available OR undefined_table THEN
    RETURN;
  END $$;
  """
