import ArgumentParser
import Jobs
import WorkerAssembly

/// A worker whose pool `skill.test` does what fault tests ask for.
@main
struct ScriptedWorkerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "openclaw-scripted-worker",
    abstract: "A worker with skills for fault tests, in the pool skill.test.")

  @OptionGroup var options: WorkerOptions

  func run() async throws {
    await WorkerProcess.run(options, program: "openclaw-scripted-worker") {
      let ledger = try SkillLedger.ofEnvironment()
      return [
        LedgerSkill(verb: "effect", safety: .unsafe, ledger: ledger),
        LedgerSkill(verb: "repeatable", safety: .idempotent, ledger: ledger),
        PauseSkill(), ProgressSkill(), FailSkill(), CrashSkill(mendedBy: ledger.path + ".mended"),
      ]
    }
  }
}
