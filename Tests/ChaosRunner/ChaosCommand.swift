import ArgumentParser
import Chaos
import Foundation
import Glibc

/// `openclaw-chaos`: what `make chaos` runs.
@main
struct ChaosCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "openclaw-chaos",
    abstract: "Break a running system on purpose, and see whether it keeps its promises.",
    subcommands: [ListCommand.self, RunCommand.self, MutantsCommand.self])

  /// At once, also into a pipe: a long run is watched.
  static func say(_ text: String) {
    FileHandle.standardOutput.write(Data((text + "\n").utf8))
  }
}

/// `openclaw-chaos list`: what there is.
struct ListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the scenarios.")

  func run() async throws {
    for scenario in ScenarioCatalog.all + ScenarioCatalog.pointed {
      let promises = scenario.promises.map(\.rawValue).joined(separator: " ")
      print("\(scenario.name.padded(to: 12)) \(promises)")
      print("  short: \(scenario.extent.short)\n  long:  \(scenario.extent.long)")
    }
  }
}

/// `openclaw-chaos run`: runs scenarios; the exit status is 1 when a promise was not kept.
struct RunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Run scenarios and print one line for each promise.")

  @Option(help: "The seed of all decisions; a random one is chosen and printed.")
  var seed: UInt64?

  @Flag(help: "Go for the promised figures, which takes more than an hour.")
  var long = false

  @Option(help: "How many scenarios run at once; by default 3, or 1 in a long run.")
  var width: Int?

  @Option(help: "Scenarios or promises, joined by commas, such as kills,D8.")
  var only: String?

  @Option(help: "A file for the report as JSON; of scenarios that do not run, what is in it stays.")
  var json: String?

  @Option(help: "A file for the report as Markdown.")
  var markdown: String?

  /// What the file has from runs before.
  private func earlier() throws -> ChaosReport? {
    guard let json, let bytes = FileManager.default.contents(atPath: json) else { return nil }
    return try ChaosReport(json: bytes)
  }

  func run() async throws {
    signal(SIGPIPE, SIG_IGN)
    let names = only.map { $0.split(separator: ",").map(String.init) } ?? []
    guard let scenarios = ScenarioCatalog.named(names) else {
      throw ValidationError("there is no such scenario; see openclaw-chaos list")
    }
    let seed = seed ?? UInt64.random(in: 1...999_999)
    ChaosCommand.say("chaos: seed \(seed), \(long ? "long" : "short")")
    let run = ChaosRun(scenarios, seed: seed, isLong: long, width: width)
    let report = await run.run { ChaosCommand.say("chaos: \($0)") }
    ChaosCommand.say(report.lines.joined(separator: "\n"))
    let all = try earlier().map { $0.renewed(by: report) } ?? report
    if let json { try all.json().write(to: URL(filePath: json)) }
    if let markdown {
      try all.markdown().write(toFile: markdown, atomically: true, encoding: .utf8)
    }
    throw report.isKept ? ExitCode.success : ExitCode.failure
  }
}
