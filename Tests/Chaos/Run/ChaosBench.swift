import Foundation
package import HTTP
import Jobs
import LocalServices
import Synchronization
package import TestSupport

/// What a scenario works with: a system of its own, a model, ledgers outside the database, and the
/// seed of all its decisions.
package struct ChaosBench: Sendable {
  /// The servers and programs.
  package let system: TestSystem
  /// The model that its workers ask.
  package let stub: ModelStub
  /// What the clients were promised.
  package let ledger: ClientLedger
  /// The processes under way.
  package let crew: Crew
  /// The run's.
  package let seed: UInt64
  /// Whether this is a long run.
  package let isLong: Bool
  /// Shared by the clients of this bench.
  package let http = HTTPClient()
  let name: String
  private let hasTestSkills: Bool
  private let say: @Sendable (String) -> Void

  /// What became of a scenario.
  package struct Seen: Sendable {
    /// Its own, and those that hold for each.
    package var verdicts: [Verdict] = []
    /// The versions of the servers that it ran with.
    package var servers: [String: String] = [:]

    mutating func add(_ other: Seen) {
      verdicts += other.verdicts
      servers.merge(other.servers) { $1 }
    }
  }

  /// Starts a system for a scenario, runs it, and ends the system.
  ///
  /// - Parameter say: Gets remarks for whoever watches.
  package static func run(
    _ scenario: any Scenario, seed: UInt64, isLong: Bool,
    say: @escaping @Sendable (String) -> Void
  ) async throws -> Seen {
    let pools = scenario.hasTestSkills ? [Self.testPool] : []
    return try await ModelStub.with { stub in
      try await TestSystem.with(extraPools: pools) { system in
        let folder = system.stack.root.url
        try await stub.serve(pace: .milliseconds(10), log: folder.appending(path: "model-log"))
        let bench = ChaosBench(
          system: system, stub: stub,
          ledger: try ClientLedger(folder.appending(path: "client-ledger")), crew: Crew(),
          seed: seed, isLong: isLong, name: scenario.name,
          hasTestSkills: scenario.hasTestSkills, say: say)
        do {
          try await system.announceAll(withTestSkills: scenario.hasTestSkills)
          let verdicts = try await scenario.run(bench)
          await bench.crew.stopAll()
          return Seen(verdicts: verdicts, servers: system.stack.versions)
        } catch {
          await bench.crew.stopAll()
          say("\(scenario.name): \(error)\n\(system.log("gateway"))\n\(system.log("worker"))")
          throw error
        }
      }
    }
  }

  /// Numbers for one purpose within this scenario.
  package func dice(_ purpose: String) -> SplitMix64 {
    SplitMix64(seed: seed, purpose: "\(name) \(purpose)")
  }

  /// Tells whoever watches.
  package func note(_ text: String) { say("\(name): \(text)") }

  /// A client of a gateway.
  package func client(_ gateway: Int = 0) -> Client {
    Client(system, port: system.gatewayPorts[gateway], http: http)
  }

  /// Starts gateways and waits until they are ready.
  package func addGateways(
    _ count: Int, settings: [String: String] = [:]
  ) async throws {
    for number in 0..<count {
      try await crew.add("gateway \(number)") { [system] failpoints in
        try await system.startGateway(number, failpoints: failpoints, settings: settings)
      }
    }
    for number in 0..<count { try await client(number).waitUntilReady() }
  }

  /// Starts workers of all pools.
  package func addWorkers(_ count: Int, settings: [String: String] = [:]) async throws {
    let settings = stub.settings.merging(settings) { $1 }
    let pools = Self.pools(withTestSkills: hasTestSkills)
    for number in 0..<count {
      try await crew.add("worker \(number)") { [system, hasTestSkills] failpoints in
        try await system.startWorker(
          pools, isScripted: hasTestSkills, failpoints: failpoints, settings: settings)
      }
    }
  }

  /// The pool of the skills of `Tests/ScriptedWorker`.
  static let testPool = "skill.test"

  static func pools(withTestSkills hasTestSkills: Bool) -> [String] {
    ["agent.main", "skill.files", "skill.system"] + (hasTestSkills ? [testPool] : [])
  }
}

extension ChaosBench {
  /// The database's URL with a proxy's port.
  package func databaseURL(through proxy: FaultProxy) throws -> String {
    try system.stack.databaseURL()
      .replacing(":\(system.stack.ports.postgres)/", with: ":\(proxy.port)/")
  }

  /// The broker's URL with a proxy's port.
  package func brokerURL(through proxy: FaultProxy) throws -> String {
    try system.stack.amqpURL().replacing(":\(system.stack.ports.amqp)/", with: ":\(proxy.port)/")
  }
}
