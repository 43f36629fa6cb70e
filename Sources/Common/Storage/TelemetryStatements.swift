public import FoundationEssentials
public import Postgres

/// The counters that processes write with their heartbeats.
public enum TelemetryStatements {
  /// The row that holds the counters of processes that are gone.
  public static let retired = UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))

  /// Replaces a process's counters.
  public static func write(_ process: UUID, snapshot: [UInt8]) -> SQL {
    """
    INSERT INTO telemetry (process_id, snapshot) VALUES (\(process), \(snapshot))
    ON CONFLICT (process_id) DO UPDATE SET snapshot = EXCLUDED.snapshot, seen_at = now()
    """
  }

  /// The same if the process has a row still; otherwise it has been taken for gone, and its counters
  /// were added to the retired ones. Column: `process_id`.
  public static func renew(_ process: UUID, snapshot: [UInt8]) -> SQL {
    """
    UPDATE telemetry SET snapshot = \(snapshot), seen_at = now() WHERE process_id = \(process)
    RETURNING process_id
    """
  }

  /// The counters of all processes. Columns: `process_id, snapshot`.
  public static var all: SQL { "SELECT process_id, snapshot FROM telemetry" }

  /// Locks the row of the retired and, behind it, processes that were silent for an hour.
  /// Columns: `process_id, snapshot`.
  public static var lockSilent: [SQL] {
    [
      """
      INSERT INTO telemetry (process_id, snapshot) VALUES (\(retired), \([UInt8]("{}".utf8)))
      ON CONFLICT (process_id) DO NOTHING
      """,
      "SELECT process_id, snapshot FROM telemetry WHERE process_id = \(retired) FOR UPDATE",
      """
      SELECT process_id, snapshot FROM telemetry
      WHERE process_id <> \(retired) AND seen_at < now() - interval '1 hour'
      LIMIT 100 FOR UPDATE SKIP LOCKED
      """,
    ]
  }

  /// Forgets processes whose counters have been added to the retired ones.
  public static func forget(_ processes: [UUID]) -> SQL {
    "DELETE FROM telemetry WHERE process_id = ANY(\(processes))"
  }
}
