/// Deliveries that are not over keep what they are to tell of.
let migration0015 = """
  -- Of a job or a batch, whose ids are never the same.
  CREATE INDEX webhook_deliveries_pending ON webhook_deliveries (coalesce(job_id, batch_id))
    WHERE delivered_at IS NULL AND failed_at IS NULL;
  """
