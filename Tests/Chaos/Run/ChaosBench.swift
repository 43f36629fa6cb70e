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
  private let say: @Sendable (String) -> Void

  /// Starts a system for a scenario, runs it, and ends the system.
  ///
  /// - Parameter say: Gets remarks for whoever watches.
  package static func run(
    _ scenario: any Scenario, seed: UInt64, isLong: Bool,
    say: @escaping @Sendable (String) -> Void
  ) async throws -> [Verdict] {
    try await ModelStub.with { stub in
      try await TestSystem.with { system in
        let folder = system.stack.root.url
        try await stub.serve(pace: .milliseconds(10), log: folder.appending(path: "model-log"))
        let bench = ChaosBench(
          system: system, stub: stub,
          ledger: try ClientLedger(folder.appending(path: "client-ledger")), crew: Crew(),
          seed: seed, isLong: isLong, name: scenario.name, say: say)
        do {
          try await system.announceAll()
          let verdicts = try await scenario.run(bench)
          await bench.crew.stopAll()
          return verdicts
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
    for number in 0..<count {
      try await crew.add("worker \(number)") { [system] failpoints in
        try await system.startWorker(
          ["agent.main", "skill.files", "skill.system"], failpoints: failpoints,
          settings: settings)
      }
    }
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
