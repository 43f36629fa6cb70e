/// Schedules: more terms of their jobs, a bound on those that wait, and why one has paused by itself.
let migration0020 = """
  ALTER TABLE schedules ADD COLUMN queue_timeout_ms bigint;
  ALTER TABLE schedules ADD COLUMN step_timeout_ms bigint;
  ALTER TABLE schedules ADD COLUMN idle_timeout_ms bigint;
  ALTER TABLE schedules ADD COLUMN webhook_id uuid;
  ALTER TABLE schedules ADD COLUMN max_queued integer NOT NULL DEFAULT 100;

  -- Set by whoever makes the jobs, cleared by whoever pauses or resumes the schedule.
  ALTER TABLE schedules ADD COLUMN pause_reason text COLLATE "C";
  UPDATE schedules SET pause_reason = last_outcome
    WHERE is_paused AND last_outcome IN ('not_allowed', 'unreadable');
  CREATE INDEX schedules_stopped ON schedules (pause_reason) WHERE pause_reason IS NOT NULL;

  -- What has made the job. Of those that are over nobody counts it.
  ALTER TABLE jobs ADD COLUMN schedule_id uuid;
  UPDATE jobs SET schedule_id = tick.schedule_id FROM schedule_ticks AS tick
    WHERE jobs.id = tick.job_id AND jobs.state < 4;
  """
