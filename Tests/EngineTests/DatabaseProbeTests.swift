import Foundation
import Postgres
import Storage
import TestSupport
import Testing

@testable import Engine

/// Looking whether the database answers.
@Suite(.timeLimit(.minutes(1))) struct DatabaseProbeTests {
  @Test func aSilentDatabaseKeepsNobodyForLongerThanTheyWait() async throws {
    try await TestDatabase.with { _, url in
      var parts = try #require(URLComponents(string: url))
      let proxy = try FaultProxy(to: UInt16(parts.port ?? 5432), followsPostgres: true)
      defer { proxy.end() }
      (parts.host, parts.port) = ("127.0.0.1", Int(proxy.port))
      var configuration = try PostgresConfiguration(
        url: parts.string ?? "", applicationName: "openclaw-tests")
      configuration.maximumConnections = 2
      configuration.statementTimeout = .seconds(4)
      try await PostgresPool.withPool(configuration, logger: TestDatabase.quiet) { pool in
        let probe = DatabaseProbe(pool: pool)
        #expect(await probe.version(within: .seconds(20)) == Schema.requiredVersion)
        proxy.set(.blackHole)
        let start = ContinuousClock.now
        await withTaskGroup(of: Int?.self) { group in
          for _ in 0..<8 { group.addTask { await probe.version(within: .milliseconds(200)) } }
          for await version in group { #expect(version == nil) }
        }
        #expect(ContinuousClock.now - start < .seconds(3))
        // Eight have asked one question.
        #expect(pool.statistics.open <= 1)
        proxy.set(.none)
        while await probe.version(within: .seconds(1)) == nil {}
        #expect(await probe.version(within: .seconds(20)) == Schema.requiredVersion)
      }
    }
  }
}
