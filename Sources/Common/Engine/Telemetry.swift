public import FoundationEssentials
public import Logging
public import Observability
public import Postgres
public import ServiceLifecycle
import Storage
import Synchronization

/// Writes this process's counters into the database every five seconds, and in a gateway reads
/// those of all processes, so that any node can show the whole system's.
public final class Telemetry: Service {
  private let metrics: Metrics
  private let process: UUID
  private let pool: PostgresPool
  private let isReader: Bool
  private let logger: Logger
  private let state = Mutex(State())

  private struct State {
    var total = MetricSnapshot()
    var rates = LaneRates()
    /// What the process's row stands for, with the retired; `nil` before it was written.
    var written: MetricSnapshot?
    /// What of this process is among the counters of the retired.
    var retired = MetricSnapshot()
  }

  /// - Parameters:
  ///   - process: New for each start of a process.
  ///   - metrics: The process's counters.
  ///   - isReader: Whether it reads the counters of others, too.
  public init(
    process: UUID, metrics: Metrics, pool: PostgresPool, isReader: Bool, logger: Logger
  ) {
    self.process = process
    self.metrics = metrics
    self.pool = pool
    self.isReader = isReader
    self.logger = logger
  }

  /// Exchanges counters until shutdown, then once more.
  public func run() async throws {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        await self.exchange()
        // It fails only at the shutdown.
        try? await Task.sleep(for: .seconds(5))
      }
    }
    await exchange()
  }

  /// The counters of all processes, this one included, as they stood in the database some seconds
  /// ago: what was shown once cannot be lost with a process. Empty before the first reading.
  public func total() -> MetricSnapshot { state.withLock { $0.total } }

  /// Steps in and out per second over the last minute.
  var rates: LaneRates { state.withLock { $0.rates } }

  func exchange() async {
    do {
      try await write()
      guard isReader else { return }
      var total = MetricSnapshot()
      for row in try await pool.query(TelemetryStatements.all) {
        if let snapshot = MetricSnapshot(json: try row.decode("snapshot", as: [UInt8].self)) {
          total.merge(snapshot)
        }
      }
      let known = total
      state.withLock { state in
        state.total = known
        state.rates.take(known, at: .now)
      }
    } catch {
      logger.debug(
        "counters wait for the database", metadata: .fields([.error: String(describing: error)]))
    }
  }

  /// Writes the counters; after a silence so long that those written before were taken for a gone
  /// process's, what has been counted since.
  private func write() async throws {
    let present = metrics.snapshot().summed
    let (written, retired) = state.withLock { ($0.written, $0.retired) }
    if let written {
      let renewal = TelemetryStatements.renew(process, snapshot: present.since(retired).json)
      guard try await pool.query(renewal).isEmpty else {
        return state.withLock { $0.written = present }
      }
      state.withLock { $0.retired = written }
    }
    let base = written ?? retired
    _ = try await pool.execute(
      TelemetryStatements.write(process, snapshot: present.since(base).json))
    state.withLock { $0.written = present }
  }
}

/// Adds the counters of processes that are gone to those of the retired, so that no total falls.
struct TelemetryDuty: Duty {
  let name = "telemetry"
  let interval = Duration.seconds(60)
  let pool: PostgresPool

  func run() async throws -> Bool {
    try await pool.transaction { transaction in
      let rows = try await transaction.pipeline(TelemetryStatements.lockSilent)
      guard let retired = rows[1].first, !rows[2].isEmpty else { return false }
      // Another version's totals that this one cannot read are left to that version.
      guard var total = MetricSnapshot(json: try retired.decode("snapshot", as: [UInt8].self))
      else { return false }
      for row in rows[2] {
        // What another version wrote and this one cannot read is lost with its process.
        guard let gone = MetricSnapshot(json: try row.decode("snapshot", as: [UInt8].self)) else {
          continue
        }
        total.merge(gone)
      }
      let gone = try rows[2].map { try $0.decode("process_id", as: UUID.self) }
      _ = try await transaction.commit(after: [
        TelemetryStatements.write(TelemetryStatements.retired, snapshot: total.json),
        TelemetryStatements.forget(gone),
      ])
      return rows[2].count == 100
    }
  }
}
