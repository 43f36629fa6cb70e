import Chaos
import HTTP
import Jobs
import LocalServices
import Postgres
import TestSupport
import Testing

/// What a gateway answers while its database is silent, or not what it should be.
@Suite(.serialized, .timeLimit(.minutes(3))) struct DatabaseTroubleTests {
  @Test func readinessNamesASilentDatabaseAtOnce() async throws {
    try await TestSystem.with { system in
      let proxy = try FaultProxy(to: system.stack.ports.postgres)
      defer { proxy.end() }
      let url = try system.stack.databaseURL()
        .replacing(":\(system.stack.ports.postgres)/", with: ":\(proxy.port)/")
      let gateway = try await system.startGateway(settings: ["OPENCLAW_DATABASE_URL": url])
      let client = Client(system)
      try await client.waitUntilReady()
      proxy.set(.blackHole)
      for _ in 0..<4 {
        let start = ContinuousClock.now
        let answer = try await client.send(.get, "/readyz")
        let took = ContinuousClock.now - start
        #expect(answer.status == 503 && took < .seconds(2), "after \(took)")
        let parts = answer.json["components"]?.elements ?? []
        #expect(parts.map { $0["name"]?.text } == ["database", "migrations", "broker"])
        #expect(parts.map { $0["ready"] } == [false, false, true])
      }
      proxy.set(.none)
      try await client.waitUntilReady()
      await gateway.stop()
    }
  }

  @Test func missingTablesAreNoOutageAndWrongStatementsAreDefects() async throws {
    try await TestSystem.with { system in
      let gateway = try await system.startGateway()
      let client = Client(system)
      try await client.waitUntilReady()
      let database = system.database
      _ = try await database.execute("ALTER TABLE batches RENAME TO elsewhere")
      let lacking = try await client.send(.get, "/api/v1/batches")
      #expect(lacking.status == 503)
      #expect(lacking.json["detail"]?.text == "migrations are missing: run openclaw migrate")
      _ = try await database.execute("ALTER TABLE elsewhere RENAME TO batches")
      #expect(try await client.send(.get, "/api/v1/batches").status == 200)
      // A statement that cannot be run whenever it is tried.
      _ = try await database.execute(
        "ALTER TABLE batches ADD CONSTRAINT unnamed CHECK (name IS NULL)")
      let broken = try await client.send(.post, "/api/v1/batches", body: ["name": "x"])
      #expect(broken.status == 500)
      #expect(broken.json["code"] == "internal_error")
      #expect(system.count(of: "[23514]", inLog: "gateway") == 1)
      await gateway.stop()
    }
  }
}
