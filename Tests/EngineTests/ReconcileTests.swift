import AMQP
import Foundation
import JobQueue
import Jobs
import Observability
import Postgres
import Storage
import TestSupport
import Testing

@testable import Engine

/// What makes up for tickets that the broker has lost.
@Suite(.timeLimit(.minutes(1))) struct ReconcileTests {
  @Test func aPurgedLaneIsRungAnewAndCounted() async throws {
    try await EngineBench.with { bench in
      let inspector = try bench.inspector()
      try await bench.acceptAndRing(20)
      #expect(try await bench.purge(.main) == 20)
      let duty = ReconcileDuty(
        pool: bench.pool, publisher: bench.publisher, inspector: inspector,
        metrics: bench.metrics, logger: TestDatabase.quiet, patience: .zero)
      for _ in 0..<6 { _ = try await duty.run() }
      #expect(bench.metrics.snapshot().value(.reconcilerRung, Lane.main.labels) == 20)
      #expect(try await inspector.depths()[.main]?.messages == 20)
    }
  }

  @Test func whatWasRungAndWhatIsTooMuchIsShownForEachLane() async throws {
    try await EngineBench.with { bench in
      try await bench.acceptAndRing(5)
      bench.metrics.rung(7, in: .main)
      // The tickets of these stay in the broker, as nobody has taken them.
      #expect(try await bench.claimer().claim(.main, limit: 3).count == 3)
      let telemetry = Telemetry(
        process: UUID(), metrics: bench.metrics, pool: bench.pool, isReader: true,
        logger: TestDatabase.quiet)
      await telemetry.exchange()
      let gauge = BrokerGauge(inspector: try bench.inspector(), logger: TestDatabase.quiet)
      let asking = Task { try await gauge.run() }
      defer { asking.cancel() }
      while await gauge.depths() == nil {}
      let monitor = SystemMonitor(
        pool: bench.pool, broker: gauge, topology: bench.topology, telemetry: telemetry,
        logger: TestDatabase.quiet)
      let lane = try #require(try await monitor.lanes().lanes.first { $0.lane == .main })
      #expect(lane.rung == 7 && lane.ready == 2 && lane.surplus == 3)
      let metrics = await monitor.metrics()
      #expect(metrics.value(.reconcilerSurplus, Lane.main.labels) == 3)
      #expect(metrics.value(.reconcilerRung, Lane.main.labels) == 7)
    }
  }
}

extension EngineBench {
  /// Accepts jobs, and waits until the broker has all their tickets.
  func acceptAndRing(_ count: Int) async throws {
    // Without a connection they would wait for a relay, which nobody runs here.
    while !publisher.isReady { try await Task.sleep(for: .milliseconds(10)) }
    for _ in 0..<count { _ = try await accept() }
    while try await self.count("outbox") > 0 { try await Task.sleep(for: .milliseconds(10)) }
  }

  /// Takes all messages out of a lane's queue.
  ///
  /// - Returns: How many there were.
  func purge(_ lane: Lane) async throws -> Int {
    let channel = try await AMQPChannel.open(
      try AMQPConfiguration(url: TestServers.amqpURL(), connectionName: "engine tests"))
    let count = try await channel.purgeQueue(topology.queue(of: lane))
    await channel.close()
    return Int(count)
  }
}
