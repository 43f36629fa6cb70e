package import Foundation
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
  /// How long it waits for what is unfinished.
  package let patience: Patience
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
  /// - Parameters:
  ///   - variant: What its gateways and workers have otherwise than usual.
  ///   - say: Gets remarks for whoever watches.
  package static func run(
    _ scenario: any Scenario, seed: UInt64, isLong: Bool,
    variant: ProgramVariant = ProgramVariant(), patience: Patience = Patience(),
    say: @escaping @Sendable (String) -> Void
  ) async throws -> Seen {
    let pools = scenario.hasTestSkills ? [Self.testPool] : []
    return try await ModelStub.with { stub in
      try await TestSystem.with(extraPools: pools, variant: variant) { system in
        let folder = system.stack.root.url
        let bench = ChaosBench(
          system: system, stub: stub,
          ledger: try ClientLedger(folder.appending(path: "client-ledger")), crew: Crew(),
          seed: seed, isLong: isLong, patience: patience, name: scenario.name,
          hasTestSkills: scenario.hasTestSkills, say: say)
        try await stub.serve(pace: .milliseconds(10), log: bench.modelLog)
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

  /// How many times as long as promised something may take. A short run shares its machine with
  /// others, so it shows that all goes on, and only a long one how soon.
  package var slack: Int { isLong ? 1 : 4 }

  /// Numbers for one purpose within this scenario.
  package func dice(_ purpose: String) -> SplitMix64 {
    SplitMix64(seed: seed, purpose: "\(name) \(purpose)")
  }

  /// Tells whoever watches.
  package func note(_ text: String) { say("\(name): \(text)") }

  /// A client of a gateway; of the first user, unless it is given another.
  package func client(_ gateway: Int = 0, of user: TestUser? = nil) -> Client {
    Client(system, port: system.gatewayPorts[gateway], http: http, token: user?.token)
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

  /// Starts workers of all pools, numbered from `first` on.
  ///
  /// - Parameter others: Further pools, which the bench has not.
  package func addWorkers(
    _ count: Int, from first: Int = 0, others: [String] = [], settings: [String: String] = [:]
  ) async throws {
    let settings = stub.settings.merging(settings) { $1 }
    let pools = Self.pools(withTestSkills: hasTestSkills) + others
    for number in first..<first + count {
      try await crew.add("worker \(number)") { [system, hasTestSkills] failpoints in
        try await system.startWorker(
          pools, isScripted: hasTestSkills, failpoints: failpoints, settings: settings)
      }
    }
  }

  /// The pool of the skills of `Tests/ScriptedWorker`.
  static let testPool = "skill.test"

  static func pools(withTestSkills hasTestSkills: Bool) -> [String] {
    ["agent.main", "agent.coder", "skill.files", "skill.system"] + (hasTestSkills ? [testPool] : [])
  }
}

extension ChaosBench {
  /// Where the model stub writes its requests down.
  package var modelLog: URL { system.stack.root.url.appending(path: "model-log") }

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

/// How long a bench waits for what may never come.
package struct Patience: Sendable {
  /// For the last jobs of users, once the trouble is over.
  package var settle = Duration.seconds(120)
  /// For all jobs to be over and all tickets sent, before ledgers and database are compared.
  package var quiet = Duration.seconds(60)

  /// What a run takes that expects all to go well.
  package init() {}

  /// For runs that expect some jobs to hang; longer than what heals without a safety net: two
  /// leases, and the 15 s after which a ticket is sent again.
  package static let short = {
    var patience = Patience()
    patience.settle = .seconds(45)
    patience.quiet = .seconds(10)
    return patience
  }()
}
