import ArgumentParser
import Foundation
import LocalServices
import TestSupport

/// `make bench`: our figures, the rivals' and the limits', measured in one run on one machine.
@main
struct BenchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "openclaw-bench",
    abstract: "Measures OpenClaw beside its rivals and its limits, on private servers.",
    discussion: """
      Figures are medians of rounds; in each round the contenders' order is shuffled. Progress \
      goes to standard error, the tables to standard output.
      """)

  @Argument(help: "The workloads, such as W1; all without one.")
  var workloads: [String] = []

  @Option(help: "How often each contender is measured.")
  var rounds = 3

  @Option(help: "Seconds of one measurement.")
  var seconds = 8

  @Option(help: "How many jobs a drain works off.")
  var backlog = 100_000

  @Option(help: "Measure only contenders whose name contains this.")
  var only: String?

  @Option(help: "What the order comes from; any number by default.")
  var seed: UInt64?

  @Option(
    help: "Write all samples to this file; of workloads that are not measured, those in it stay.")
  var json: String?

  @Option(help: "Write the tables to this file.")
  var markdown: String?

  func validate() throws {
    let unknown = workloads.filter { name in !Workload.all.contains { $0.id == name } }
    guard unknown.isEmpty else {
      let known = Workload.all.map(\.id).joined(separator: ", ")
      throw ValidationError("There is no \(unknown.joined(separator: ", ")); there are \(known).")
    }
    guard rounds > 0, seconds > 0, backlog > 0 else {
      throw ValidationError("--rounds, --seconds and --backlog must be positive.")
    }
  }

  func run() async throws {
    let seed = seed ?? UInt64.random(in: 1...999_999)
    let chosen = Workload.all.filter { workloads.isEmpty || workloads.contains($0.id) }
    var report: Report?
    for workload in chosen {
      var random = SplitMix64(seed: seed, purpose: workload.id)
      var (versions, results) = try await measure(workload, &random)
      let machine = report?.machine ?? .this(servers: versions)
      results.run = Report.Run(
        commit: machine.commit, seed: seed, ended: Date.now.formatted(.iso8601))
      report = report ?? Report(machine: machine)
      report?.workloads.append(results)
      print(results.markdown)
    }
    if let report { try write(report) }
  }

  private func measure(
    _ workload: Workload, _ random: inout SplitMix64
  ) async throws -> ([String: String], Report.Results) {
    let contenders = workload.contenders.filter { only == nil || $0.name.contains(only ?? "") }
    let orders = (0..<rounds).map { _ in contenders.shuffled(using: &random) }
    return try await TestSystem.with(keepsLedger: false) { system in
      let arena = Arena(
        system: system,
        programs: URL(filePath: system.stack.paths.guardPath).deletingLastPathComponent(),
        seconds: seconds, backlog: backlog)
      let course = Course(workload: workload, arena: arena)
      return (system.stack.versions, await course.run(orders))
    }
  }

  private func write(_ new: Report) throws {
    var report = new
    if let json, let bytes = FileManager.default.contents(atPath: json) {
      report = try JSONDecoder().decode(Report.self, from: bytes)
      if !report.take(new) {
        print("The figures in \(json) are another machine's and were left out.")
        report = new
      }
    }
    if let markdown {
      try report.markdown.write(toFile: markdown, atomically: true, encoding: .utf8)
    }
    if let json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
      try encoder.encode(report).write(to: URL(filePath: json))
    }
  }
}
