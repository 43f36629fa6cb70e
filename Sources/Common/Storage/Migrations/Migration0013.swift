/// Webhooks: who is told of the ends of jobs, and what became of telling them.
let migration0013 = """
  ALTER TABLE jobs ADD COLUMN webhook_id uuid;

  CREATE TABLE webhooks (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL,
    token_id uuid NOT NULL,
    name text COLLATE "C",
    url sealed NOT NULL,
    events text[] COLLATE "C" NOT NULL,
    all_jobs boolean NOT NULL,
    disabled_at timestamptz,
    disabled_reason text COLLATE "C",
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (user_id, name)
  );
  -- What the end of each job looks into.
  CREATE INDEX webhooks_told ON webhooks (user_id) WHERE disabled_at IS NULL;

  -- The present secret of an endpoint is the one without an end.
  CREATE TABLE webhook_secrets (
    id uuid PRIMARY KEY,
    webhook_id uuid NOT NULL,
    secret sealed NOT NULL,
    expires_at timestamptz
  );
  CREATE INDEX webhook_secrets_of_webhook ON webhook_secrets (webhook_id);
  CREATE UNIQUE INDEX webhook_secrets_present ON webhook_secrets (webhook_id)
    WHERE expires_at IS NULL;

  -- One row for each event and endpoint, written by the transaction that ends the job. Without
  -- delivery_job_id and failed_at it waits for the job that delivers.
  CREATE TABLE webhook_deliveries (
    id uuid PRIMARY KEY,
    webhook_id uuid NOT NULL,
    user_id uuid NOT NULL,
    event text COLLATE "C" NOT NULL,
    job_id uuid,
    batch_id uuid,
    delivery_job_id uuid,
    attempts integer NOT NULL DEFAULT 0,
    last_status integer,
    last_error text COLLATE "C",
    created_at timestamptz NOT NULL DEFAULT now(),
    attempted_at timestamptz,
    delivered_at timestamptz,
    failed_at timestamptz
  ) WITH (fillfactor = 80);
  CREATE INDEX webhook_deliveries_new ON webhook_deliveries (created_at)
    WHERE delivery_job_id IS NULL AND failed_at IS NULL;
  CREATE INDEX webhook_deliveries_of_webhook ON webhook_deliveries (webhook_id, id);
  """
