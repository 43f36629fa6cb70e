import ArgumentParser
import Jobs

/// `openclaw batches wait`.
struct WaitBatchCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "wait", abstract: "Wait until all jobs of a batch are over.",
    discussion: """
      On a terminal a line tells how far it is. Exits 0 when all jobs succeeded, 1 when some did \
      not, 5 when the time is up. A batch that is open ends only after it was closed.
      """)

  @Argument(help: "The batch's id.")
  var id: BatchID

  @Option(help: ArgumentHelp("Give up after so long and exit 5.", valueName: "seconds"))
  var timeout: Int?

  @OptionGroup(title: "Gateway") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func validate() throws {
    if let timeout, !(1...604_800).contains(timeout) {
      throw ValidationError("--timeout takes 1 to 604800 seconds.")
    }
  }

  func perform(with client: GatewayClient, on console: Console) async throws -> ExitStatus {
    let deadline = timeout.map { ContinuousClock.now + .seconds($0) }
    let batch = try await client.batch(id)
    if batch.state == BatchState.open.name {
      console.remark("it is open: openclaw batches close \(id)")
    }
    let end = try await BatchWaiting(client: client, console: console)
      .wait(for: batch, until: deadline)
    try console.show(batch: end)
    guard end.isFinished else {
      console.say("the batch is not over yet: openclaw batches wait \(id)")
      return .waitTimedOut
    }
    if let job = end.callbackJob { console.remark("its callback: openclaw jobs watch \(job)") }
    return end.exitStatus
  }
}
