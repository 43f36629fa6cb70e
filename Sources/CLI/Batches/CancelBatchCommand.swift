import ArgumentParser
import Jobs

/// `openclaw batches cancel`.
struct CancelBatchCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "cancel", abstract: "Cancel the jobs of a batch, and do not wait.",
    discussion: """
      No further job can be added. Jobs that are over stay as they are, and the callback still \
      comes, as it wants. Cancelling twice is harmless.
      """)

  @Argument(help: "The batch's id.")
  var id: BatchID

  @OptionGroup(title: "Gateway") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func perform(with client: GatewayClient, on console: Console) async throws -> ExitStatus {
    let batch = try await client.tell(.cancel, to: id)
    try console.show(batch: batch)
    if !batch.isFinished { console.remark("wait for its end: openclaw batches wait \(id)") }
    return .ok
  }
}
