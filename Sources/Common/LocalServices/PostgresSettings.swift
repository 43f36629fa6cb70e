/// The text of the server's configuration files, written anew at each start.
struct PostgresSettings {
  let port: UInt16
  let durability: PrivatePostgres.Durability

  /// `pg_hba.conf`: SCRAM over the loopback, nothing else.
  static let authentication = """
    # Written by OpenClaw at each start.
    host all all 127.0.0.1/32 scram-sha-256

    """

  /// `postgresql.conf` for a queue on a small machine.
  var server: String {
    let kept = """
      # Written by OpenClaw at each start; changes here are lost.
      listen_addresses = '127.0.0.1'
      port = \(port)
      unix_socket_directories = ''
      max_connections = 100
      password_encryption = 'scram-sha-256'
      timezone = 'UTC'
      log_timezone = 'UTC'
      log_line_prefix = '%m [%p] '
      log_checkpoints = off
      shared_buffers = 128MB
      max_wal_size = 2GB
      wal_compression = on
      # Planning a queue's short statements costs less than compiling them.
      jit = off
      # A queue's index begins with dead entries within seconds: its tables are vacuumed all the time.
      autovacuum_naptime = 5s
      autovacuum_vacuum_cost_delay = 0

      """
    return kept
      + (durability == .durable
        ? "synchronous_commit = on\n"
        : "fsync = off\nfull_page_writes = off\nsynchronous_commit = off\n")
  }
}
