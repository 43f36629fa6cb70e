public import Postgres

/// What a table takes.
public struct TableSize: Sendable, Hashable {
  /// Its name; a partitioned one stands for all its partitions.
  public let table: String
  /// With its indexes and what lies beside it.
  public let bytes: Int64
  /// About as many as there were when it was last vacuumed or analyzed.
  public let rows: Int64

  /// Those that grow.
  public static let tables = [
    "jobs", "steps", "events", "effects", "children", "outbox", "sessions", "session_jobs",
    "limit_slots", "schedule_ticks", "batches",
    "webhook_deliveries", "audit_log", "telemetry",
  ]

  /// Columns: `name, bytes, rows`, of all ``tables``, from the catalog and the sizes of files alone.
  public static let all: SQL = """
    SELECT t.name, sum(coalesce(pg_total_relation_size(part.oid), 0))::bigint AS bytes,
      sum(greatest(part.reltuples, 0))::bigint AS rows
    FROM unnest(\(tables)) AS t(name) CROSS JOIN LATERAL (
      SELECT to_regclass(t.name) AS relation
      UNION ALL
      SELECT inhrelid FROM pg_inherits WHERE inhparent = to_regclass(t.name)
    ) AS piece JOIN pg_class AS part ON part.oid = piece.relation
    WHERE part.relkind = 'r' GROUP BY t.name
    """

  /// Reads one row of ``all``.
  public init(_ row: Row) throws(PostgresError) {
    table = try row.decode("name", as: String.self)
    bytes = try row.decode("bytes", as: Int64.self)
    rows = try row.decode("rows", as: Int64.self)
  }
}
