/// Partitions whatever lies in the way of new ones, and duties whose work is bounded: the relay goes
/// lane by lane, stops of a batch's jobs go on where they were, dead steps are listed in their order.
let migration0022 = """
  -- The partitions of events or audit_log, but for the default one and those that somebody has made
  -- under other names: from when to when, and about how many rows each has.
  CREATE FUNCTION partitions_of(parent text)
  RETURNS TABLE (name text, lower timestamptz, upper timestamptz, rows bigint)
  LANGUAGE plpgsql STABLE SET timezone = 'UTC' AS $$
  DECLARE
    part record;
  BEGIN
    FOR part IN
      SELECT child.relname::text AS name, greatest(child.reltuples, 0)::bigint AS rows,
        pg_get_expr(child.relpartbound, child.oid) AS bounds
      FROM pg_inherits JOIN pg_class AS child ON child.oid = pg_inherits.inhrelid
      WHERE pg_inherits.inhparent = parent::regclass AND child.relname ~ ('^' || parent || '_[0-9]+$')
    LOOP
      -- It has been dropped meanwhile.
      CONTINUE WHEN part.bounds IS NULL;
      name := part.name;
      rows := part.rows;
      lower := coalesce(
        partition_time(substring(part.bounds FROM $r$FROM \\('([^']+)'\\)$r$)), '-infinity');
      upper := coalesce(
        partition_time(substring(part.bounds FROM $r$TO \\('([^']+)'\\)$r$)), 'infinity');
      RETURN NEXT;
    END LOOP;
  END $$;

  -- The instant of a bound: a time, or the UUIDv7 that begins with it.
  CREATE FUNCTION partition_time(bound text) RETURNS timestamptz
  LANGUAGE sql STABLE SET timezone = 'UTC' AS $$
    SELECT CASE WHEN bound ~ '^[0-9a-f]{8}-[0-9a-f]{4}-'
      THEN timestamptz 'epoch' + interval '1 ms'
        * ('x' || lpad(left(replace(bound, '-', ''), 12), 16, '0'))::bit(64)::bigint
      ELSE bound::timestamptz END
  $$;

  -- Makes a partition, with the rows that lie in the default one; answers whether it did. It does
  -- not where more than 50,000 would have to move, or while the tables cannot be locked soon, as all
  -- who write to them wait behind us.
  CREATE FUNCTION make_partition(
    parent text, part text, first timestamptz, last timestamptz
  ) RETURNS boolean LANGUAGE plpgsql SET timezone = 'UTC' SET lock_timeout = '500ms' AS $$
  DECLARE
    is_events boolean := parent = 'events';
    lower text := CASE WHEN is_events THEN uuid_at(first)::text ELSE first::text END;
    upper text := CASE WHEN is_events THEN uuid_at(last)::text ELSE last::text END;
    key text := CASE WHEN is_events THEN 'job_id' ELSE 'at' END;
    strays text := format('%I WHERE %I >= %L AND %I < %L', parent || '_default', key, lower, key, upper);
    count bigint;
  BEGIN
    EXECUTE format('SELECT count(*) FROM (SELECT FROM %s LIMIT 50001) AS bounded', strays) INTO count;
    IF count > 50000 THEN RETURN false; END IF;
    EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', part, parent);
    -- From here on nobody adds rows that the new partition has to have.
    EXECUTE format('LOCK TABLE %I IN ACCESS EXCLUSIVE MODE', parent || '_default');
    EXECUTE format('WITH moved AS (DELETE FROM %s RETURNING *) INSERT INTO %I SELECT * FROM moved',
      strays, part);
    EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
      parent, part, lower, upper);
    RETURN true;
  EXCEPTION WHEN lock_not_available OR check_violation OR invalid_object_definition THEN
    RAISE WARNING 'the partition % cannot be made now: %', part, SQLERRM;
    RETURN false;
  END $$;

  -- Makes the partitions that are missing between now and the given time: of events to the ends of
  -- weeks, of audit_log to those of months (UTC), or to the next one that is there. Answers how many
  -- it made. One that cannot be made now is tried again by the next call, and keeps none of the others.
  -- Safe to call at any time, from any node.
  CREATE OR REPLACE FUNCTION make_partitions(until timestamptz) RETURNS integer
  LANGUAGE plpgsql SET timezone = 'UTC' AS $$
  DECLARE
    top record;
    cut timestamptz;
    edge timestamptz;
    part text;
    -- Before this, what is too much to move stays in the default partition.
    later timestamptz := date_trunc('day', now()) + interval '2 days';
    made integer := 0;
  BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('openclaw.make_partitions'));
    FOR top IN
      SELECT * FROM (VALUES ('events', 'week', 'YYYYMMDD'), ('audit_log', 'month', 'YYYYMM'))
        AS t(name, unit, format)
    LOOP
      cut := date_trunc(top.unit, now());
      WHILE cut < until LOOP
        -- Where the partition ends in which this lies, if there is one.
        SELECT max(p.upper) INTO edge FROM partitions_of(top.name) AS p
          WHERE p.lower <= cut AND p.upper > cut;
        IF edge IS NULL THEN
          SELECT least(min(p.lower), date_trunc(top.unit, cut) + ('1 ' || top.unit)::interval)
            INTO edge FROM partitions_of(top.name) AS p WHERE p.lower > cut;
          part := top.name || '_' || to_char(cut, top.format);
          IF to_regclass(part) IS NOT NULL THEN
            part := top.name || '_' || to_char(cut, 'YYYYMMDDHH24MISS');
          END IF;
          IF make_partition(top.name, part, cut, edge) THEN
            made := made + 1;
          ELSIF cut < later AND later < edge THEN
            edge := later;
          END IF;
        END IF;
        cut := edge;
      END LOOP;
    END LOOP;
    RETURN made;
  END $$;
  SELECT make_partitions(now() + interval '5 weeks');

  -- As before, but for the bounds: those that a partition has, whatever it is called.
  CREATE OR REPLACE FUNCTION drop_partition(jobs_before timestamptz, audit_before timestamptz)
  RETURNS TABLE (parent text, rows bigint)
  LANGUAGE plpgsql SET lock_timeout = '100ms' SET timezone = 'UTC' AS $$
  DECLARE
    part record;
  BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtext('openclaw.drop_partition')) THEN RETURN; END IF;
    FOR part IN
      SELECT top.name AS parent, p.* FROM (VALUES ('audit_log'), ('events')) AS top(name)
      CROSS JOIN LATERAL partitions_of(top.name) AS p ORDER BY top.name, p.lower
    LOOP
      IF part.parent = 'events' THEN
        CONTINUE WHEN jobs_before IS NULL OR part.upper > jobs_before;
        PERFORM FROM jobs
          WHERE jobs.id >= uuid_at(greatest(part.lower, 'epoch')) AND jobs.id < uuid_at(part.upper)
          LIMIT 1;
        CONTINUE WHEN FOUND;
      ELSE
        CONTINUE WHEN audit_before IS NULL OR part.upper > audit_before;
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

  -- The relay takes tickets lane by lane.
  DROP INDEX outbox_due;
  CREATE INDEX outbox_due ON outbox (pool, priority, not_before);

  -- Up to which of its jobs a cancelled batch has been stopped, and when that came to its end.
  ALTER TABLE batches ADD COLUMN stopped_to uuid, ADD COLUMN stopped_at timestamptz;
  DROP INDEX batches_cancelled;
  CREATE INDEX batches_cancelled ON batches (id)
    WHERE cancel_at IS NOT NULL AND state < 2 AND stopped_at IS NULL;

  -- In the order in which they are listed.
  DROP INDEX steps_dead;
  CREATE INDEX steps_dead ON steps (pool, id) INCLUDE (priority)
    WHERE state = 5 AND settled_at IS NULL AND started_at IS NOT NULL;
  """
