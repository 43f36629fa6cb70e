import ArgumentParser
import Jobs

/// `openclaw batches close`.
struct CloseBatchCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "close", abstract: "Let no job be added to a batch any more.",
    discussion: "It is finished once all of its jobs are over. Closing twice is harmless.")

  @Argument(help: "The batch's id.")
  var id: BatchID

  @OptionGroup(title: "Gateway") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func perform(with client: GatewayClient, on console: Console) async throws -> ExitStatus {
    let batch = try await client.tell(.close, to: id)
    try console.show(batch: batch)
    if !batch.isFinished { console.remark("wait for it: openclaw batches wait \(id)") }
    return .ok
  }
}
