import ArgumentParser
import WorkerAssembly

/// One worker process of one pool or several.
@main
struct WorkerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "openclaw-worker",
    abstract: "Runs the steps of one or more pools.",
    discussion: """
      Any number of workers may serve a pool, and each may come and go at any time. SIGTERM \
      lets running steps finish for 20 seconds and then gives them back.
      """)

  @OptionGroup var options: WorkerOptions

  func run() async throws {
    await WorkerProcess.run(options, program: "openclaw-worker")
  }
}
