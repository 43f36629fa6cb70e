import HTTP
import Jobs
import LocalServices
import TestSupport

/// D9: each link in turn slow, half-open, reset, or down to one byte a second.
package struct LinkScenario: Scenario {
  package let name = "links"
  package let promises: [Promise] = [.D9]
  package let extent = (
    short:
      "each of six links with one of four faults for 3 s, each fault at least once; models get "
      + "20 s to begin their answer",
    long: "each of six links with each of four faults for 30 s, three times; models get 20 s to "
      + "begin their answer"
  )

  /// As a catalogue wants it.
  package init() {}

  /// The longest that anything may hang: two heartbeats of 10 s, and 5 s.
  private static let limit = Duration.seconds(25)

  private static let faults: [(name: String, fault: LinkFault)] = [
    ("latency", .latency(.milliseconds(400))), ("black hole", .blackHole), ("reset", .reset),
    ("1 B/s", .throttle(bytesPerSecond: 1)),
  ]

  /// A fault, and how the system went on after it.
  private struct Phase: Sendable {
    let number: Int
    let what: String
    let recovery: Duration
  }

  /// A proxy on each link.
  private struct Links {
    let all: [(name: String, proxy: FaultProxy)]

    init(_ bench: ChaosBench) throws {
      let ports = bench.system.stack.ports
      all = [
        ("client to gateway", try FaultProxy(to: bench.system.gatewayPorts[0])),
        ("gateway to database", try FaultProxy(to: ports.postgres)),
        ("gateway to broker", try FaultProxy(to: ports.amqp)),
        ("worker to database", try FaultProxy(to: ports.postgres)),
        ("worker to broker", try FaultProxy(to: ports.amqp)),
        ("worker to model", try FaultProxy(to: UInt16(bench.stub.port))),
      ]
    }
  }

  package func run(_ bench: ChaosBench) async throws -> [Verdict] {
    let links = try Links(bench)
    defer { links.all.forEach { $0.proxy.end() } }
    try await start(bench, links)
    // What goes over the clients' own link tells nothing about the system.
    let direct = bench.system.gatewayPorts[1]
    let ports = [links.all[0].proxy.port, direct]
    let load = LoadGenerator(bench, users: 16, ports: ports, pause: .milliseconds(100))
    let plan = Self.plan(isLong: bench.isLong, bench.dice("faults"))
    let phases = try await load.during { () async throws -> [Phase] in
      var phases: [Phase] = []
      for (link, fault) in plan {
        let (place, proxy) = links.all[link]
        let number = load.nextPhase()
        proxy.set(Self.faults[fault].fault)
        try await Task.sleep(for: bench.isLong ? .seconds(30) : .seconds(3))
        proxy.set(.none)
        let lifted = ContinuousClock.now
        let recovery = try await bench.probe(1, within: .seconds(120)) - lifted
        let what = "\(place), \(Self.faults[fault].name)"
        phases.append(Phase(number: number, what: what, recovery: recovery))
        bench.note(
          "\(what): recovered after \(recovery.inSeconds), "
            + "slowest POST \(load.slowestPost(of: number, to: direct).inSeconds)")
      }
      return phases
    }
    let hangs =
      phases.map { (what: $0.what, time: $0.recovery) }
      + phases.map { (what: "POST, \($0.what)", time: load.slowestPost(of: $0.number, to: direct)) }
    var deeds = Checker.Deeds()
    deeds.hits = plan.count
    // A link that was down for longer than a lease may cost what its worker had in hand.
    deeds.mayRepeat = plan.count { $0.0 >= 3 } * 8
    let checks = try await Checker(bench).verdicts(
      deeds, jobs: 10 * plan.count, surprises: load.surprises)
    let slow = hangs.filter { $0.time > Self.limit }
    let verdict = Verdict(
      .D9, observations: plan.count, atLeast: bench.isLong ? 72 : 6,
      counts: ["faults of links": plan.count, "hung too long": slow.count],
      notes: [
        hangs.max { $0.time < $1.time }.map { "longest \($0.time.inSeconds): \($0.what)" } ?? ""
      ],
      faults: slow.map { "\($0.what): \($0.time.inSeconds)" })
    return checks + [verdict]
  }

  private func start(_ bench: ChaosBench, _ links: Links) async throws {
    try await bench.addGateways(
      2,
      settings: [
        "OPENCLAW_DATABASE_URL": try bench.databaseURL(through: links.all[1].proxy),
        "OPENCLAW_AMQP_URL": try bench.brokerURL(through: links.all[2].proxy),
      ])
    try await bench.addWorkers(
      2,
      settings: bench.stub.settings(through: links.all[5].proxy.port).merging([
        "OPENCLAW_DATABASE_URL": try bench.databaseURL(through: links.all[3].proxy),
        "OPENCLAW_AMQP_URL": try bench.brokerURL(through: links.all[4].proxy),
        // A model may think for a minute, which is what these are without being set.
        "OPENCLAW_OPENAI_FIRST_BYTE_TIMEOUT": "20", "OPENCLAW_OPENAI_IDLE_TIMEOUT": "20",
      ]) { $1 })
  }

  /// Which links meet which faults, in seeded order.
  static func plan(isLong: Bool, _ dice: SplitMix64) -> [(link: Int, fault: Int)] {
    var dice = dice
    let shift = Int.random(in: 0..<4, using: &dice)
    let once = (0..<6).map { ($0, ($0 + shift) % 4) }
    let all = (0..<6).flatMap { link in (0..<4).map { (link, $0) } }
    return (isLong ? all + all + all : once).shuffled(using: &dice)
  }
}
