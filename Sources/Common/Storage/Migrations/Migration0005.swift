/// Gates: limits on what runs at once, and pauses.
let migration0005 = """
  -- The keys are those of GateKey.
  CREATE TABLE limits (
    key text COLLATE "C" PRIMARY KEY,
    maximum integer NOT NULL CHECK (maximum BETWEEN 0 AND 100000),
    changed_at timestamptz NOT NULL DEFAULT now()
  );

  CREATE TABLE pauses (
    key text COLLATE "C" PRIMARY KEY,
    reason text NOT NULL,
    owner text NOT NULL,
    paused_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz
  );

  -- The slots of limits, made as they are needed. One is free when its step does not run under its
  -- claim.
  CREATE TABLE limit_slots (
    key text COLLATE "C" NOT NULL,
    n integer NOT NULL,
    step_id uuid,
    claim_id uuid,
    PRIMARY KEY (key, n)
  ) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05,
    autovacuum_vacuum_cost_delay = 0);

  DROP INDEX steps_held;
  CREATE INDEX steps_held ON steps (held_by, priority, rank, id) WHERE state = 2;

  -- Takes a slot of each key for a step under a claim; all of them, or none, and then answers the
  -- first key that has none free. Calling it again is harmless.
  CREATE FUNCTION take_slots(step uuid, claim uuid, keys text[], maxima integer[])
  RETURNS text LANGUAGE plpgsql AS $$
  DECLARE
    slot integer;
    is_taken boolean;
  BEGIN
    FOR k IN 1 .. cardinality(keys) LOOP
      PERFORM FROM limit_slots AS s WHERE s.key = keys[k] AND s.step_id = step AND s.claim_id = claim;
      CONTINUE WHEN FOUND;
      is_taken := false;
      slot := 0;
      LOOP
        SELECT s.n INTO slot FROM limit_slots AS s
          WHERE s.key = keys[k] AND s.n > slot AND s.n <= maxima[k] AND NOT EXISTS (
            SELECT FROM steps WHERE steps.id = s.step_id AND steps.state = 3
              AND steps.claim_id = s.claim_id)
          ORDER BY s.n LIMIT 1 FOR UPDATE SKIP LOCKED;
        EXIT WHEN NOT FOUND;
        -- A statement of its own, to see what was committed before the row was locked.
        PERFORM FROM limit_slots AS s JOIN steps ON steps.id = s.step_id
          WHERE s.key = keys[k] AND s.n = slot AND steps.state = 3 AND steps.claim_id = s.claim_id;
        CONTINUE WHEN FOUND;
        UPDATE limit_slots AS s SET step_id = step, claim_id = claim
          WHERE s.key = keys[k] AND s.n = slot;
        is_taken := true;
        EXIT;
      END LOOP;
      -- A slot that another one makes at the same moment is its own: try the next.
      WHILE NOT is_taken LOOP
        SELECT min(free.n) INTO slot FROM generate_series(1, maxima[k]) AS free(n)
          WHERE NOT EXISTS (SELECT FROM limit_slots AS old WHERE old.key = keys[k] AND old.n = free.n);
        EXIT WHEN slot IS NULL;
        INSERT INTO limit_slots AS s (key, n, step_id, claim_id) VALUES (keys[k], slot, step, claim)
          ON CONFLICT DO NOTHING;
        is_taken := FOUND;
      END LOOP;
      IF NOT is_taken THEN
        UPDATE limit_slots AS s SET step_id = NULL, claim_id = NULL
          WHERE s.key = ANY(keys) AND s.step_id = step AND s.claim_id = claim;
        RETURN keys[k];
      END IF;
    END LOOP;
    RETURN NULL;
  END $$;

  -- Reasons that hold steps although they need not any more, and how many of these may go on: all of
  -- an ended pause or a lifted limit, and as many as a limit has free slots.
  CREATE FUNCTION free_holds() RETURNS TABLE (reason text, count bigint) LANGUAGE plpgsql AS $$
  #variable_conflict use_column
  DECLARE
    seen text := '';
    gate text;
    allowed integer;
  BEGIN
    LOOP
      SELECT held_by INTO seen FROM steps
        WHERE state = 2 AND held_by > seen ORDER BY held_by LIMIT 1;
      EXIT WHEN NOT FOUND;
      IF seen LIKE 'pause:%' THEN
        PERFORM FROM pauses WHERE key = substr(seen, 7)
          AND (expires_at IS NULL OR expires_at > now());
        CONTINUE WHEN FOUND;
        reason := seen; count := 1024; RETURN NEXT;
      ELSIF seen LIKE 'limit:%' THEN
        gate := substr(seen, 7);
        SELECT maximum INTO allowed FROM limits
          WHERE key = gate OR (key = 'user:*' AND gate LIKE 'user:%')
          ORDER BY key = gate DESC LIMIT 1;
        IF NOT FOUND THEN
          reason := seen; count := 1024; RETURN NEXT;
        ELSE
          SELECT allowed - count(*) INTO count FROM limit_slots AS s
            JOIN steps ON steps.id = s.step_id AND steps.state = 3 AND steps.claim_id = s.claim_id
            WHERE s.key = gate AND s.n <= allowed;
          IF count > 0 THEN reason := seen; RETURN NEXT; END IF;
        END IF;
      END IF;
    END LOOP;
  END $$;
  """
