/// What a job waited for, kept for its retries; and freeing holds in one step for each kind.
let migration0016 = """
  -- Also once it has come, or the job is over.
  ALTER TABLE jobs ADD COLUMN wait_for text COLLATE "C";
  ALTER TABLE jobs ADD COLUMN wait_for_ms bigint;
  UPDATE jobs SET wait_for = wait.name,
    wait_for_ms = extract(epoch FROM wait.expires_at - jobs.created_at) * 1000
  FROM signal_waits AS wait WHERE wait.job_id = jobs.id AND wait.starts_job;

  -- Reasons that hold steps although they need not any more, and how many of these may go on: all of
  -- an ended pause or a lifted limit, and as many as a limit has free slots.
  CREATE OR REPLACE FUNCTION free_holds() RETURNS TABLE (reason text, count bigint) LANGUAGE plpgsql AS $$
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
      ELSE
        -- Nothing else ends here: jump over all of a kind, such as 'signal:', of which there may be
        -- as many as jobs. In the order of bytes ';' follows ':'.
        seen := regexp_replace(seen, ':.*', ';');
      END IF;
    END LOOP;
  END $$;
  """
