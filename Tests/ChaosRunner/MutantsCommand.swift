import ArgumentParser
import Chaos
import Foundation
import Glibc

/// `openclaw-chaos mutants`: what `make mutants` runs; the exit status is 1 when a mutant survived, or
/// when something failed without any.
struct MutantsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mutants", abstract: "See whether chaos finds known defects.")

  @Argument(help: "The folder with the programs that scripts/mutants.sh has built.")
  var programs: String

  @Option(help: "The seed of all decisions; a random one is chosen and printed.")
  var seed: UInt64?

  @Option(help: "Mutants, joined by commas, such as last-relayed,not-mandatory.")
  var only: String?

  @Option(help: "A file for the report as JSON.")
  var json: String?

  @Option(help: "A file for the report as Markdown.")
  var markdown: String?

  func run() async throws {
    signal(SIGPIPE, SIG_IGN)
    let mutants = try only.map { names in
      try names.split(separator: ",").map { name in
        guard let mutant = Mutant(rawValue: String(name)) else {
          let all = Mutant.allCases.map(\.rawValue).joined(separator: ", ")
          throw ValidationError("there is no mutant \(name), only \(all)")
        }
        return mutant
      }
    }
    let seed = seed ?? UInt64.random(in: 1...999_999)
    ChaosCommand.say("mutants: seed \(seed)")
    let run = MutantRun(
      mutants ?? Mutant.allCases, seed: seed, programs: URL(filePath: programs))
    let report = await run.run { ChaosCommand.say("mutants: \($0)") }
    ChaosCommand.say("mutants: \(report.summary)")
    if let json { try report.json().write(to: URL(filePath: json)) }
    if let markdown {
      try report.markdown().write(toFile: markdown, atomically: true, encoding: .utf8)
    }
    throw report.isGood ? ExitCode.success : ExitCode.failure
  }
}
