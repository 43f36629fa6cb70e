/// Deliveries are limited by endpoint, and the keys of batches end.
let migration0021 = """
  -- What frees the keys of batches that are old enough.
  CREATE INDEX batches_keyed ON batches (created_at) WHERE idempotency_key IS NOT NULL;

  -- Deliveries that wait for a job, by endpoint.
  CREATE INDEX webhook_deliveries_due ON webhook_deliveries (webhook_id, created_at)
    WHERE delivery_job_id IS NULL AND failed_at IS NULL;
  DROP INDEX webhook_deliveries_new;

  -- Jobs that deliver say where to.
  WITH live AS MATERIALIZED (
    SELECT jobs.id, delivery.webhook_id FROM webhook_deliveries AS delivery
    JOIN jobs ON jobs.id = delivery.delivery_job_id AND jobs.state < 4
    WHERE delivery.delivered_at IS NULL AND delivery.failed_at IS NULL
    ORDER BY jobs.id FOR UPDATE OF jobs
  )
  UPDATE jobs SET webhook_id = live.webhook_id FROM live WHERE jobs.id = live.id;

  -- One that does not answer must not take all slots of the workers.
  INSERT INTO limits (key, maximum) VALUES ('webhook:*', 2) ON CONFLICT DO NOTHING;

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
            OR (key = 'webhook:*' AND gate LIKE 'webhook:%')
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
