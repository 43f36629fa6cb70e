/// What a job waited for before it began, kept for its retries.
let migration0016 = """
  -- Also once it has come, or the job is over.
  ALTER TABLE jobs ADD COLUMN wait_for text COLLATE "C";
  ALTER TABLE jobs ADD COLUMN wait_for_ms bigint;
  UPDATE jobs SET wait_for = wait.name,
    wait_for_ms = extract(epoch FROM wait.expires_at - jobs.created_at) * 1000
  FROM signal_waits AS wait WHERE wait.job_id = jobs.id AND wait.starts_job;
  """
