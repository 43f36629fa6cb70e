/// Limits count all that runs under them, whatever they were when it began.
let migration0017 = """
  -- Takes a slot of each key for a step under a claim; all of them, or none, and then answers the
  -- first key that has none free. Calling it again is harmless. What runs with a slot counts also
  -- where the limit has been lowered below its slot's number since. What it costs follows from how
  -- many slots there are, not from how many there may be.
  CREATE OR REPLACE FUNCTION take_slots(step uuid, claim uuid, keys text[], maxima integer[])
  RETURNS text LANGUAGE plpgsql AS $$
  DECLARE
    slot integer;
    is_taken boolean;
    is_full boolean;
  BEGIN
    FOR k IN 1 .. cardinality(keys) LOOP
      PERFORM FROM limit_slots AS s WHERE s.key = keys[k] AND s.step_id = step AND s.claim_id = claim;
      CONTINUE WHEN FOUND;
      is_taken := false;
      is_full := false;
      slot := 0;
      PERFORM FROM limit_slots AS s JOIN steps ON steps.id = s.step_id
        WHERE s.key = keys[k] AND s.n > maxima[k] AND steps.state = 3
          AND steps.claim_id = s.claim_id LIMIT 1;
      IF FOUND THEN
        -- The numbers do not keep the limit until what runs beyond it has ended: counting does, one
        -- claim after the other.
        PERFORM pg_advisory_xact_lock(hashtextextended('limit:' || keys[k], 0));
        SELECT count(*) >= maxima[k] INTO is_full FROM limit_slots AS s
          JOIN steps ON steps.id = s.step_id AND steps.state = 3 AND steps.claim_id = s.claim_id
          WHERE s.key = keys[k];
      END IF;
      WHILE NOT is_full LOOP
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
      WHILE NOT is_taken AND NOT is_full LOOP
        SELECT coalesce(max(s.n), 0) + 1 INTO slot FROM limit_slots AS s WHERE s.key = keys[k];
        IF slot > maxima[k] THEN
          -- The first number that nobody has made.
          SELECT min(before.n) + 1 INTO slot FROM (
              SELECT 0 AS n UNION ALL SELECT s.n FROM limit_slots AS s WHERE s.key = keys[k]
            ) AS before
            WHERE before.n < maxima[k] AND NOT EXISTS (
              SELECT FROM limit_slots AS old WHERE old.key = keys[k] AND old.n = before.n + 1);
        END IF;
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
  -- an ended pause or a lifted limit, and as many as a limit has free slots. What waits for something
  -- else is passed in one step for each kind, however many names there are.
  CREATE OR REPLACE FUNCTION free_holds() RETURNS TABLE (reason text, count bigint)
  LANGUAGE plpgsql AS $$
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
            WHERE s.key = gate;
          IF count > 0 THEN reason := seen; RETURN NEXT; END IF;
        END IF;
      ELSIF seen LIKE 'signal:%' OR seen LIKE 'child:%' OR seen LIKE 'session:%' THEN
        -- In the order of held_by, the semicolon comes right after all that begins with the colon.
        seen := split_part(seen, ':', 1) || ';';
      END IF;
    END LOOP;
  END $$;
  """
